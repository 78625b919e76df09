// Asks for facts, lengths and faults while a template is written. Without it, the button asks.
(function () {
  "use strict";
  var form = document.querySelector("form[data-check]");
  var panel = document.getElementById("findings");
  if (!form || !panel || !window.fetch || !window.FormData) { return; }
  var timer = 0;
  var asked = 0;

  function ask() {
    var number = ++asked;
    fetch(form.getAttribute("data-check"), { method: "POST", body: new FormData(form), credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : null; })
      .then(function (text) { if (text !== null && number === asked) { panel.innerHTML = text; } })
      .catch(function () { /* the findings are shown again after saving */ });
  }

  form.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(ask, 300);
  });
})();
