// Plays one person: asks once a second what happened, and sends what the person does.
import * as draw from "./draw.js";

const POLL_MS = 1000;
const PAUSE_BETWEEN_TIMES_S = 300;
const CHINA = { timeZone: "Asia/Shanghai" };
const at = (id) => document.getElementById(id);

const phone = {
  person: { openid: "", name: "" },
  seq: 0,
  lastTime: "",
  drawn: {},
  smsSeen: null,
  traceSeen: 0,
  run: 0,

  pageOf: (href) => `/sandbox/people/${phone.person.openid}/open?url=${encodeURIComponent(href)}`,
  openPage(event) {
    if (window.innerWidth < 900) return; // a phone opens a tab
    event.preventDefault();
    window.open(event.currentTarget.href, "h5", "popup,width=420,height=820,left=40,top=40");
  },
  say: (content) => act("text", { content }),
  fill(code) {
    at("words").value = code;
    at("words").focus();
    at("sms-banner").hidden = true;
  },
  tap(button) {
    if (button.type === "view") {
      window.open(phone.pageOf(button.url), "h5");
      return act("view", { url: button.url });
    }
    return act("click", { key: button.key || button.name });
  },
  doStep(button) {
    if (button.kind === "follow") return act("follow");
    if (button.kind === "open") return window.open(phone.pageOf(button.value), "_blank");
    return act("text", { content: button.value });
  },
};

async function act(action, body = {}) {
  const openid = phone.person.openid;
  at("title").textContent = "对方正在输入…";
  try {
    const answer = await post(`/sandbox/people/${openid}/${action}`, body);
    if (answer.error) toast(answer.error);
  } catch {
    toast("沙箱没有应答，它还在运行吗？");
  }
  at("title").textContent = document.body.dataset.account;
  await poll();
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  return answer.json();
}

function choose(openid) {
  Object.assign(phone, { person: { openid, name: "" }, seq: 0, lastTime: "", drawn: {}, smsSeen: null, traceSeen: 0 });
  phone.run += 1;
  history.replaceState(null, "", `${location.search}#${openid}`);
  for (const button of document.querySelectorAll(".person[data-openid]")) {
    button.setAttribute("aria-pressed", String(button.dataset.openid === openid));
  }
  at("chat").replaceChildren();
  at("traces").replaceChildren();
  at("sms-banner").hidden = true;
  poll();
}

async function poll() {
  const run = phone.run;
  const openid = phone.person.openid;
  if (!openid) return;
  let feed;
  try {
    const answer = await fetch(`/phone/feed?openid=${openid}&since=${phone.seq}`);
    feed = await answer.json();
  } catch {
    return;
  }
  if (run !== phone.run) return;
  if (feed.error) {
    toast(feed.error);
    return;
  }
  show(feed);
}

function show(feed) {
  phone.person = feed.person;
  showChat(feed.items.filter((item) => item.seq > phone.seq));
  showSms(feed.sms);
  changed("follows", feed.person.follows, () => {
    at("profile").hidden = feed.person.follows;
    at("chat").hidden = !feed.person.follows;
    at("keys").hidden = !feed.person.follows;
    at("chat").scrollTop = at("chat").scrollHeight;
  });
  changed("notices", feed.notices, () => {
    at("service").replaceChildren(...feed.notices.map((one) => draw.chatItem(one, phone)));
  });
  changed("subscribed", feed.subscribed, () => {
    for (const said of ["accept", "reject"]) {
      document.querySelector(`[data-tool="${said}"]`).setAttribute("aria-pressed", String(feed.subscribed === said));
    }
  });
  changed("menu", feed.menu, () => at("menu").replaceChildren(...draw.menu(feed.menu, phone)));
  changed("steps", feed.steps, () => showSteps(feed.steps));
  changed("snapshot", feed.person.snapshot, () => {
    const button = document.querySelector('[data-tool="snapshot"]');
    button.textContent = `快照页模式：${feed.person.snapshot ? "开" : "关"}`;
    button.setAttribute("aria-pressed", String(feed.person.snapshot));
  });
  const fresh = feed.traces.filter((one) => one.at > phone.traceSeen);
  if (fresh.length) {
    phone.traceSeen = fresh[0].at;
    at("traces").querySelector(".empty")?.remove();
    at("traces").prepend(...fresh.map(draw.trace));
  }
  at("inbox-phone").textContent = feed.person.phone;
}

function changed(name, value, redraw) {
  const text = JSON.stringify(value);
  if (phone.drawn[name] === text) return;
  phone.drawn[name] = text;
  redraw();
}

function showChat(items) {
  if (!items.length) return;
  const chat = at("chat");
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  for (const item of items) {
    const time = `${item.day}T${item.time}`;
    if (!phone.lastTime || (new Date(time) - new Date(phone.lastTime)) / 1000 >= PAUSE_BETWEEN_TIMES_S) {
      chat.append(draw.timeLine(item));
      phone.lastTime = time;
    }
    chat.append(draw.chatItem(item, phone));
    phone.seq = item.seq;
  }
  if (atEnd || items.some((item) => item.side === "me")) chat.scrollTop = chat.scrollHeight;
}

function showSms(messages) {
  const newest = messages.length ? messages[0].seq : 0;
  if (phone.smsSeen === newest) return;
  const empty = draw.make("li", { class: "empty" }, "还没有短信。绑定时，验证码会来这里。");
  at("sms").replaceChildren(...(messages.length ? messages.map((one) => draw.sms(one, phone)) : [empty]));
  if (phone.smsSeen !== null && newest) banner(messages[0]);
  phone.smsSeen = newest;
}

function banner(message) {
  const fill = message.code
    ? draw.make("button", { type: "button", on: { click: () => phone.fill(message.code) } }, "填入") : null;
  at("sms-banner").replaceChildren(draw.make("b", {}, "短信"), draw.make("p", {}, message.text), ...(fill ? [fill] : []));
  at("sms-banner").hidden = false;
  clearTimeout(banner.timer);
  banner.timer = setTimeout(() => { at("sms-banner").hidden = true; }, 12000);
}

function showSteps(steps) {
  const done = steps.filter((one) => one.done).length;
  const current = steps.find((one) => !one.done);
  at("progress").textContent = `${done} / ${steps.length}`;
  at("steps").replaceChildren(...steps.map((one, place) => draw.step(one, place + 1, one === current, phone)));
  if (!current) {
    const text = "都走完了。换一个人再来，或者打开“工作台”看看工作人员那一边。";
    at("steps").append(draw.make("li", { class: "all-done" }, text));
  }
}

function toast(text) {
  at("toast").textContent = text;
  at("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { at("toast").hidden = true; }, 4000);
}

function ask(title, text, fields, done) {
  at("dialog-title").textContent = title;
  at("dialog-text").textContent = text;
  at("dialog-fields").replaceChildren(...fields.map(({ name, label, value = "", ...more }) =>
    draw.make("label", {}, label, draw.make("input", { name, value, required: "", ...more }))));
  at("dialog-form").onsubmit = () => done(Object.fromEntries(new FormData(at("dialog-form"))));
  at("dialog").showModal();
}

function addPerson() {
  const phoneNumber = `1380000${String(Math.floor(Math.random() * 9000) + 1000)}`;
  const number = document.querySelectorAll(".person[data-openid]").length + 1;
  const fields = [
    { name: "name", label: "姓名（示例）", value: `示例${number}号` },
    { name: "phone", label: "手机号", value: phoneNumber, pattern: "1\\d{10}", inputmode: "numeric" },
  ];
  ask("新增一人", "要收到验证码，手机号得是台账里登记的那个。", fields, async (given) => {
    const person = await post("/sandbox/people", given);
    location.hash = person.openid;
    location.reload();
  });
}

function scan() {
  const text = "填二维码里的场景值，或者二维码的 ticket。";
  ask("扫二维码", text, [{ name: "scene", label: "场景值" }], ({ scene }) => act("scan", { scene }));
}

function useTool(name) {
  at("tools").hidden = true;
  at("more").setAttribute("aria-expanded", "false");
  if (name === "scan") return scan();
  if (["unfollow", "accept", "reject"].includes(name)) return act(name);
  if (name === "snapshot") {
    return post(`/sandbox/people/${phone.person.openid}`, { snapshot: !phone.person.snapshot }).then(poll);
  }
  return act("media", { kind: name });
}

function start() {
  at("people").addEventListener("click", (event) => {
    const button = event.target.closest("[data-openid]");
    if (button) choose(button.dataset.openid);
  });
  at("new-person").addEventListener("click", addPerson);
  at("follow").addEventListener("click", () => act("follow"));
  at("dialog-cancel").addEventListener("click", () => at("dialog").close());
  at("more").addEventListener("click", () => {
    at("tools").hidden = !at("tools").hidden;
    at("more").setAttribute("aria-expanded", String(!at("tools").hidden));
  });
  at("tools").addEventListener("click", (event) => useTool(event.target.dataset.tool));
  at("write").addEventListener("submit", (event) => {
    event.preventDefault();
    const content = at("words").value.trim();
    at("words").value = "";
    if (content) phone.say(content);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    at("tools").hidden = true;
    for (const box of document.querySelectorAll(".submenu")) box.hidden = true;
  });
  const first = document.querySelector(`.person[data-openid="${CSS.escape(location.hash.slice(1))}"]`)
    || document.querySelector(".person[data-openid]");
  if (first) choose(first.dataset.openid);
  const ticket = document.body.dataset.scan;
  if (ticket) {
    const fields = [{ name: "scene", label: "二维码", value: ticket }];
    ask("扫到一个二维码", "先在上面选好是谁在扫，再点“好”。", fields, ({ scene }) => act("scan", { scene }));
  }
  const tick = () => {
    at("clock").textContent = new Date().toLocaleTimeString("zh-CN", { ...CHINA, hour: "2-digit", minute: "2-digit" });
    if (!document.hidden) poll();
  };
  tick();
  setInterval(tick, POLL_MS);
}

start();
