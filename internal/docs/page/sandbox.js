"use strict";

const interval = 1000; // milliseconds between two looks
const patience = 10_000; // for a response
const names = {
  OneTimePassword: "One-time password",
  SingleSignOn: "Single sign-on code",
  EmailVerification: "Email verification id",
  PhoneVerification: "Phone verification code",
};
const state = document.getElementById("state");
const list = document.getElementById("messages");
let shown = "";

// make makes an element with a text.
function make(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function item({ time, userId, kind, channel, to, code }) {
  const element = document.createElement("li");
  const by = channel === undefined ? "" : ` by ${channel}`;
  element.append(make("h2", `${names[kind] ?? kind}${by} to ${to}`),
    make("p", `${userId}, ${time.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")}`), make("output", code));
  return element;
}

// show draws the messages anew only where they are others: what somebody marks stays.
function show(text) {
  if (text === shown) {
    return;
  }
  shown = text;
  const { messages } = JSON.parse(text);
  list.replaceChildren(...messages.map(item).reverse());
  state.textContent = messages.length === 0 ? "Nothing was sent yet." : `${messages.length} sent.`;
}

async function look() {
  try {
    const response = await fetch("sandbox/messages", { signal: AbortSignal.timeout(patience) });
    if (!response.ok) {
      throw new Error(`HTTP ${response.status}`);
    }
    show(await response.text());
    state.classList.remove("failed");
  } catch (error) {
    shown = "";
    state.textContent = `The sandbox does not respond: ${error.message}`;
    state.classList.add("failed");
  }
  setTimeout(look, interval);
}

look();
