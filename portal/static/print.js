// Offers a button for what the browser can do anyway: the sheet is the same when it prints by itself.
(function () {
  "use strict";
  var place = document.querySelector("[data-print]");
  if (!place || !window.print) { return; }
  var button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-outline-primary";
  button.textContent = "打印";
  button.addEventListener("click", function () { window.print(); });
  place.appendChild(button);
}());
