// Makes the cases of an operation: what the SDK is called with, and how the
// upstream answers.

import { mayOmitBody, operations } from "./operations.mjs";
import {
  allLabels, bearers, errorBodies, extraMembers, ids, labelMap, longOddText, longText, texts,
} from "./values.mjs";

const absent = Symbol("absent");

// casesOf makes the cases that were chosen for an operation, and some random
// ones behind them. What a case does not choose is random as well.
export function casesOf(operation, random, randomCount) {
  const make = new CaseMaker(operation, random);
  const cases = [
    ...make.idCases(), ...make.requestCases(), ...make.answerCases(), ...make.errorCases(), ...make.refusedInputs(),
  ];
  for (let i = 0; i < randomCount; i++) {
    cases.push(make.randomCase(i));
  }
  return cases;
}

class CaseMaker {
  constructor(operation, random) {
    this.operation = operation;
    this.random = random;
    this.statuses = errorStatusesOf(operation);
  }

  // newCase fills in whatever a case leaves open. calls is how many requests the
  // upstream must see; undefined leaves it to the SDK's straight call.
  newCase(label, { id, body, answer, calls = 1, input }) {
    const { random } = this;
    return {
      label,
      args: input ?? this.args(id ?? random.pick(ids), body ?? this.fullBody()),
      bearer: random.pick(bearers),
      headers: this.callerHeaders(),
      answer: {
        headers: this.answerHeaders(),
        contentType: random.pick(["application/json", "application/json; charset=utf-8"]),
        gzip: random.chance(0.2),
        ...(answer ?? this.usualAnswer()),
      },
      calls,
    };
  }

  args(id, body) {
    const { hasId, request, bodyField } = this.operation;
    if (!hasId) {
      return request ? [body === absent ? undefined : body] : [];
    }
    return [{ id, ...(bodyField && body !== absent ? { [bodyField]: body } : null) }];
  }

  fullBody() {
    const { request } = this.operation;
    return request && full(this.random, request);
  }

  usualAnswer() {
    const { success, answer } = this.operation;
    return success === 204 ? { status: 204, body: "" } : this.answering(full(this.random, answer));
  }

  // answering makes the response that says a value, or the list of it.
  answering(value, status = 200) {
    return { status, body: this.wrap(JSON.stringify(value)) };
  }

  wrap(text) {
    return this.operation.isList ? `[${text}]` : text;
  }

  callerHeaders() {
    const all = [
      ["X-WINGSPAN-USER", "u-2"], ["Accept-Language", "de-CH, de;q=0.9, *;q=0.1"],
      ["X-Request-Id", "req-" + this.random.below(1e6)], ["Cookie", 'lang=de; session="a b"; lang=fr'],
    ];
    return Object.fromEntries(all.filter(() => this.random.chance(0.3)));
  }

  answerHeaders() {
    const all = [
      ["Set-Cookie", ["a=1; Path=/; HttpOnly", "b=2; Expires=Sat, 03 Sep 2022 19:46:40 GMT", "a=3"]],
      ["Set-Cookie", "sid=s%3A1.x/+=; Domain=.wingspan.app; Secure; SameSite=None"],
      ["Retry-After", this.random.pick(["0", "120", "Sat, 03 Sep 2050 19:46:40 GMT", "soon"])],
      ["X-Request-Id", "up-" + this.random.below(1e6)],
      ["RateLimit-Limit", "200"], ["RateLimit-Remaining", "0"], ["RateLimit-Reset", "1"],
      ["RateLimit", '"default";r=50;t=30'], ["RateLimit-Policy", "200;w=1, 100;w=1"],
      ["X-RateLimit-Limit", "200"], ["X-Rate-Limit-Reset", "1662234400"],
      ["Cache-Control", "private, max-age=0"],
    ];
    return Object.fromEntries(all.filter(() => this.random.chance(0.2)));
  }

  idCases() {
    return this.operation.hasId ? ids.map((id) => this.newCase(`id ${JSON.stringify(id)}`, { id })) : [];
  }

  requestCases() {
    const { request } = this.operation;
    if (!request) {
      return [];
    }
    const cases = variations(this.random, request, "request").map(({ label, value }) =>
      this.newCase(`request ${label}`, { body: value }));
    if (mayOmitBody(this.operation)) {
      const nulls = Object.fromEntries(Object.keys(request).map((name) => [name, null]));
      cases.push(this.newCase("request without a body", { body: absent }), this.newCase("request {}", { body: {} }),
        this.newCase("request all null", { body: nulls }));
    }
    return cases;
  }

  answerCases() {
    const { operation, random } = this;
    const cases = [];
    const add = (label, answer) => cases.push(this.newCase(`answer ${label}`, { answer }));
    if (operation.success === 204) {
      add("204", { status: 204, body: "" });
      add("empty 200", { status: 200, body: "" });
      add("empty 202", { status: 202, body: "" });
    }
    if (!operation.answer) {
      return cases; // whatever it says is not told to the caller
    }
    for (const { label, value } of variations(random, operation.answer, "answer")) {
      add(label, this.answering(value));
    }
    const text = () => JSON.stringify(full(random, operation.answer));
    const [first] = Object.keys(operation.answer);
    add("201", this.answering(full(random, operation.answer), 201));
    for (const extra of extraMembers) {
      add(`with more: ${extra}`, { status: 200, body: this.wrap(`${text().slice(0, -1)},${extra}}`) });
      if (operation.answer.session) {
        const nested = text().replace('"session":{', () => `"session":{${extra},`);
        add(`session with more: ${extra}`, { status: 200, body: nested });
      }
    }
    add("a member twice", { status: 200, body: this.wrap(`{"${first}":null,${text().slice(1)}`) });
    add("escaped name", {
      status: 200,
      body: this.wrap(text().replace(/"(\w)/, (_, c) => `"\\u00${c.charCodeAt(0).toString(16)}`)),
    });
    add("spaced", { status: 200, body: `\n\t${JSON.stringify(JSON.parse(this.wrap(text())), null, 2)}\r\n` });
    if (operation.isList) {
      add("[]", { status: 200, body: "[]" });
      add("[ ]", { status: 200, body: " [ ] " });
      const many = Array.from({ length: 2000 }, () => sample(random, operation.answer));
      add("2000 elements", { status: 200, body: JSON.stringify(many) });
    }
    return cases;
  }

  errorCases() {
    const bodies = errorBodies.map((body, i) => [this.statuses[i % this.statuses.length], body]);
    const statuses = this.statuses.map((status) => [status, this.random.pick(errorBodies)]);
    return [...bodies, ...statuses].map(([status, body]) => this.errorCase(status, body));
  }

  errorCase(status, body) {
    return this.newCase(`error ${status} ${body}`, {
      answer: {
        status, body,
        contentType: this.random.pick(["application/json", "application/json; charset=utf-8", "application/problem+json"]),
      },
      // fetch itself repeats a 421 on another connection.
      calls: status === 421 ? null : 1,
    });
  }

  // refusedInputs are calls that the SDK refuses before it makes a request.
  refusedInputs() {
    const { hasId, request } = this.operation;
    const cases = [];
    const add = (label, input) => cases.push(this.newCase(`refused: ${label}`, { input, calls: 0 }));
    if (hasId) {
      add("id is a number", [{ id: 5 }]);
      add("id is half a character", [{ id: "\ud83d" }]);
      add("no input", [undefined]);
    }
    for (const [name, member] of Object.entries(request ?? {})) {
      add(`${name} is a number`, this.args("i", { ...full(this.random, request), [name]: 5 }));
      if (!member.optional) {
        add(`${name} is null`, this.args("i", { ...full(this.random, request), [name]: null }));
      }
      if (member.kind === "word") {
        add(`${name} is unknown`, this.args("i", { ...full(this.random, request), [name]: "Pigeon" }));
      }
    }
    return cases;
  }

  randomCase(i) {
    const { operation, random } = this;
    if (random.chance(0.25)) {
      return this.errorCase(random.pick(this.statuses), random.pick(errorBodies));
    }
    const body = operation.request && sample(random, operation.request);
    let answer = this.usualAnswer();
    if (operation.answer && random.chance(0.8)) {
      const elements = Array.from({ length: operation.isList ? random.below(20) : 1 },
        () => JSON.stringify(shuffled(random, sample(random, operation.answer, "answer"))));
      answer = { status: 200, body: this.wrap(elements.join(",")) };
    }
    return this.newCase(`random ${i}`, { body, answer });
  }
}

// errorStatusesOf deals the statuses from 400 to 599 out to the operations. A
// GET gets none after which a call may be tried again.
function errorStatusesOf(operation) {
  const retried = [408, 429, 502, 503, 504];
  const mine = [];
  for (let status = 400; status < 600; status++) {
    const takers = operations.filter(({ verb }) => verb !== "GET" || !retried.includes(status));
    if (takers[status % takers.length] === operation) {
      mine.push(status);
    }
  }
  return mine;
}

// full makes an object that has every member, with nothing odd about it.
function full(random, shape) {
  return Object.fromEntries(Object.entries(shape).map(([name, member]) => [name, usual(random, member)]));
}

function usual(random, member) {
  switch (member.kind) {
    case "text": return random.pick(texts);
    case "flag": return random.chance(0.5);
    case "word": return random.pick(member.words);
    case "labels": return labelMap(random);
    default: return full(random, member.shape);
  }
}

// sample makes an object in which any member that may be missing may be.
function sample(random, shape, side = "request") {
  const object = {};
  for (const [name, member] of Object.entries(shape)) {
    const value = random.pick([...valuesOf(random, member, side).slice(0, -2), usual(random, member)]);
    if (value !== absent) {
      object[name] = value;
    }
  }
  return object;
}

// variations makes one object for each value of each member.
function variations(random, shape, side) {
  return Object.entries(shape).flatMap(([name, member]) =>
    valuesOf(random, member, side).map((value) => {
      const object = { ...full(random, shape), [name]: value };
      if (value === absent) {
        delete object[name];
      }
      return { label: `${name}: ${value === absent ? "absent" : JSON.stringify(value)}`, value: object };
    }));
}

// valuesOf lists the values of a member that are worth a case, the longest two
// last. A response may lack what it should have; a required string of a request
// may not be empty, and an enum of a response may be no other type of JSON.
function valuesOf(random, member, side) {
  const isAnswer = side === "answer";
  const missing = member.optional || (isAnswer && member.kind !== "word") ? [absent, null] : isAnswer ? [absent] : [];
  switch (member.kind) {
    case "text":
      return [...missing, ...(isAnswer || member.optional ? [""] : []), ...random.some(texts, 4), longText, longOddText];
    case "flag": return [...missing, true, false, true, false];
    case "word": return [...missing, ...member.words, ...(isAnswer ? ["AddedLater", ""] : member.words.slice(0, 2))];
    case "labels": {
      const nulls = isAnswer ? [{ a: null, b: "x", c: null }] : [];
      return [...missing, {}, labelMap(random), ...nulls, allLabels(random), { long: longOddText }];
    }
    default: return [...missing, ...variations(random, member.shape, side).map(({ value }) => value)];
  }
}

function shuffled(random, object) {
  return Object.fromEntries(random.some(Object.entries(object), Infinity));
}
