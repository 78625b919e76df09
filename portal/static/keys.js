// Keys for a day's work: j and k move, 1 to 7 choose what came of the call, ? shows the keys. Enter is the browser's.
(function () {
  "use strict";
  var rows = Array.prototype.slice.call(document.querySelectorAll("[data-row]"));
  var help = document.getElementById("keys");

  function isTyping(place) {
    return /^(INPUT|SELECT|TEXTAREA)$/.test(place.tagName) && !/^(radio|checkbox|button|submit)$/.test(place.type);
  }

  function here() {
    for (var at = 0; at < rows.length; at += 1) {
      if (rows[at].contains(document.activeElement)) { return at; }
    }
    return -1;
  }

  function move(by) {
    if (!rows.length) { return; }
    var next = Math.max(0, Math.min(rows.length - 1, here() + by));
    rows[next].focus();
    rows[next].scrollIntoView({ block: "nearest" });
  }

  function choose(number) {
    var row = rows[here()];
    var radios = row ? row.querySelectorAll("input[type=radio]") : [];
    if (radios[number - 1]) { radios[number - 1].checked = true; radios[number - 1].focus(); }
  }

  // After a deed the page is a new one: go on with the next row, or from the message, not from the menu.
  function goOn() {
    var told = document.querySelector("[data-told]");
    if (!told || document.querySelector("[autofocus]")) { return; }
    var next = told.getAttribute("role") === "alert" ? told : rows[0] || told;
    next.focus({ preventScroll: true });
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) { return; }
    if (event.key === "j") { move(1); }
    else if (event.key === "k") { move(-1); }
    else if (/^[1-7]$/.test(event.key)) { choose(Number(event.key)); }
    else if (event.key === "?" && help && help.showModal && !help.open) { help.showModal(); }
    else { return; }
    event.preventDefault();
  });
  goOn();
}());
