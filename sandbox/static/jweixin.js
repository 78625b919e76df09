// Stand-in for the platform's page script: knows wx.config and the tag wx-open-subscribe, and nothing else.
(function () {
  "use strict";
  var here = new URL(document.currentScript.src).origin;
  var told = null;
  var ready = [];
  window.wx = {
    config: function (given) {
      told = given;
      document.querySelectorAll("wx-open-subscribe").forEach(draw);
      ready.forEach(function (one) { one(); });
    },
    ready: function (one) { if (told) { one(); } else { ready.push(one); } },
    error: function () {},
  };
  function draw(tag) {
    // The real one shows the tag's own button in a closed box; here it is drawn plainly, without its style.
    var slot = [].slice.call(tag.querySelectorAll("script[type='text/wxtag-template']")).pop();
    var words = slot.textContent.replace(/<[^>]*>/g, "").trim();
    var button = document.createElement("button");
    button.type = "button";
    button.className = "answer";
    button.textContent = words;
    button.addEventListener("click", function () {
      var query = new URLSearchParams({
        app_id: told.appId, timestamp: told.timestamp, nonce: told.nonceStr, signature: told.signature,
        template: tag.getAttribute("template"), url: location.href.split("#")[0],
      });
      location.href = here + "/open/subscribe?" + query;
    });
    tag.appendChild(button);
  }
})();
