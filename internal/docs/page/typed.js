"use strict";

// make makes an element.
function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

const token = document.getElementById("token");

document.getElementById("show").addEventListener("click", ({ currentTarget }) => {
  const shown = token.type === "password";
  token.type = shown ? "text" : "password";
  currentTarget.setAttribute("aria-pressed", String(shown));
});

token.form.addEventListener("submit", (event) => event.preventDefault());

// call makes a call by Connect, and returns what came of it as text. Nothing of it is in
// the URL.
async function call(path, request) {
  const headers = { "Content-Type": "application/json", "Connect-Protocol-Version": "1" };
  if (token.value !== "") {
    headers.Authorization = `Bearer ${token.value.trim()}`;
  }
  try {
    const response = await fetch(path, { method: "POST", headers, body: request });
    const text = await response.text();
    let shown = text;
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // What stands in front of the facade may answer with something else.
    }
    return `HTTP ${response.status}\n${shown}`;
  } catch (error) {
    return `No response: ${error.message}`;
  }
}

// fields describes the fields of a request or a response.
function fields(title, list) {
  if (list.length === 0) {
    return make("p", { className: "comment" }, `${title}: no fields`);
  }
  const described = list.flatMap(({ path, type, comment, secret }) => [
    make("dt", {}, path),
    make("dd", {}, make("code", {}, secret ? `${type}, secret` : type), comment),
  ]);
  return make("section", {}, make("h3", {}, title), make("dl", {}, ...described));
}

// method describes an RPC, with the form that calls it.
function method(service, { name, comment, example, request, response }) {
  const [summary, ...rest] = comment.split("\n\n");
  const text = JSON.stringify(example, null, 2);
  const field = make("textarea", { id: `${name}-request`, rows: text.split("\n").length, spellcheck: false, value: text });
  const result = make("pre", { tabIndex: 0, ariaLabel: `Response of ${name}` });
  result.setAttribute("role", "status");
  const form = make("form", {}, make("h3", {}, make("label", { htmlFor: field.id }, "Message to send")), field,
    make("button", { type: "submit" }, "Call"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy !== "true") {
      form.ariaBusy = "true";
      result.textContent = await call(`../${service}/${name}`, field.value);
      form.ariaBusy = "false";
    }
  });
  return make("details", { id: name },
    make("summary", {}, make("h2", {}, name), make("span", {}, summary)),
    make("p", { className: "comment" }, rest.join("\n\n").replaceAll(/\n +/g, "\n").replaceAll(/(?<!\n)\n(?!\n)/g, " ")),
    form, result, fields("Request", request), fields("Response", response));
}

async function start() {
  const { name, methods } = await (await fetch("typed.json")).json();
  document.getElementById("service").textContent = name;
  document.getElementById("methods").append(...methods.map((m) => method(name, m)));
}

start();
