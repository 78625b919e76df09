// Tells the platform's script who we are, and says on the page what the person answered.
// The answer itself reaches us as the platform's own event, never from here.
(function () {
  "use strict";
  var place = document.getElementById("subscribe");
  if (!place || typeof wx === "undefined") { return; }
  wx.config({
    debug: false,
    appId: place.dataset.appId,
    timestamp: Number(place.dataset.timestamp),
    nonceStr: place.dataset.nonce,
    signature: place.dataset.signature,
    jsApiList: [],
    openTagList: ["wx-open-subscribe"],
  });
  document.getElementById("subscribe-button").addEventListener("success", function (event) {
    var answer = JSON.stringify((event.detail || {}).subscribeDetails || "");
    var word = answer.indexOf("accept") >= 0 ? place.dataset.accepted : place.dataset.rejected;
    document.getElementById("subscribe-state").textContent = word;
  });
  wx.ready(function () { document.getElementById("subscribe-fallback").hidden = true; });
  wx.error(function () { document.getElementById("subscribe-fallback").hidden = false; });
})();
