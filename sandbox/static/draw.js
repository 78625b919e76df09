// Builds the pieces of the page from what the feed tells; texts are always texts, never markup.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function chatItem(item, phone) {
  if (item.kind === "note" || item.kind === "error") {
    const title = item.reason || undefined;
    return make("p", { class: `note new${item.kind === "error" ? " error" : ""}`, title }, item.text);
  }
  if (item.kind === "card") return card(item, phone);
  const mine = item.side === "me";
  const avatar = make("span", { class: mine ? "my-avatar" : "account-avatar", "aria-hidden": "true" },
    mine ? phone.person.name.slice(0, 1) : "审");
  const who = make("span", { class: "unseen" }, mine ? "我：" : "公众号：");
  const bubble = make("div", { class: "bubble" }, who, ...item.parts.map((part) => piece(part, phone)));
  return make("div", { class: `said new ${mine ? "me" : "them"}` }, avatar, bubble);
}

function piece(part, phone) {
  if (part.kind === "link") return link(part.href, phone, part.text);
  if (part.kind === "say") {
    return make("button", { type: "button", class: "tap", on: { click: () => phone.say(part.say) } }, part.text);
  }
  return part.text;
}

function link(href, phone, ...children) {
  return make("a", { href: phone.pageOf(href), target: "h5", on: { click: phone.openPage } }, ...children);
}

function card(item, phone) {
  const rows = item.fields.flatMap((field) => [
    field.label ? make("dt", {}, field.label) : null, make("dd", {}, field.value),
  ]).filter(Boolean);
  const more = item.href ? link(item.href, phone, "查看详情", make("span", { "aria-hidden": "true" }, "›")) : null;
  const source = item.source ? make("p", { class: "card-source" }, item.source) : null;
  return make("article", { class: "card new" }, source, make("h3", {}, item.title), make("dl", {}, ...rows), more);
}

export function timeLine(item) {
  const today = new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });
  return make("p", { class: "note" }, item.day === today ? item.time : `${item.day} ${item.time}`);
}

export function step(one, number, current, phone) {
  const button = one.button && current
    ? make("button", { type: "button", on: { click: () => phone.doStep(one.button) } }, one.button.label) : null;
  const attributes = { class: "step", "data-number": number, "data-done": String(one.done), "aria-current": current ? "step" : undefined };
  const state = make("span", { class: "unseen" }, one.done ? "（已完成）" : "");
  return make("li", attributes, make("b", {}, one.title), state, make("p", {}, one.text), button);
}

export function sms(one, phone) {
  const fill = one.code
    ? make("button", { type: "button", on: { click: () => phone.fill(one.code) } }, `填入 ${one.code}`) : null;
  return make("li", {}, one.text, make("footer", {}, make("span", {}, `${one.day} ${one.time}`), fill));
}

export function menu(buttons, phone) {
  return buttons.map((top) => {
    const below = top.sub_button || [];
    if (!below.length) return make("div", {}, make("button", { type: "button", on: { click: () => phone.tap(top) } }, top.name));
    const box = make("div", { class: "submenu", hidden: "" }, ...below.map((one) =>
      make("button", { type: "button", on: { click: () => { box.hidden = true; phone.tap(one); } } }, one.name)));
    const head = make("button", { type: "button", "aria-haspopup": "true", on: { click: () => {
      const hidden = box.hidden;
      for (const other of document.querySelectorAll(".submenu")) other.hidden = true;
      box.hidden = !hidden;
    } } }, `≡ ${top.name}`);
    return make("div", {}, head, box);
  });
}

const OUTCOMES = { reply: "有回复", silent: "无需回复", abnormal: "回复不合规", no_answer: "没有应答" };

export function trace(one) {
  const bad = one.outcome === "abnormal" || one.outcome === "no_answer";
  const time = new Date(one.at * 1000).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
  const tries = one.tries > 1 ? ` · 第 ${one.tries} 次` : "";
  const head = `${time} ${one.name} · ${OUTCOMES[one.outcome]} · ${one.ms} 毫秒${tries}`;
  const parts = [
    make("summary", bad ? { class: "trace-bad" } : {}, head),
    one.reason ? make("p", { class: "trace-bad" }, one.reason) : null,
    make("span", {}, "平台发出（解密后）"), make("pre", { tabindex: "0" }, one.sent),
    make("span", {}, "网络上的密文"), make("pre", { tabindex: "0" }, one.sealed),
    make("span", {}, "公众号回复（解密后）"), make("pre", { tabindex: "0" }, one.got || "（空）"),
  ];
  return make("details", { class: "trace" }, ...parts);
}
