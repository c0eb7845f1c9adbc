// The values that the cases are made of, and the random source that picks them.

// Random is a small seeded generator (mulberry32): the same seed makes the same
// cases on every machine.
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  number() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit) {
    return Math.floor(this.number() * limit);
  }

  chance(probability) {
    return this.number() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  // some picks several different elements.
  some(list, count) {
    const left = [...list];
    const picked = [];
    while (picked.length < count && left.length > 0) {
      picked.push(left.splice(this.below(left.length), 1)[0]);
    }
    return picked;
  }
}

const jwt =
  "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiJ1LTEiLCJwYWQiOiIrLz0ifQ.q2Zt_7-" + "aZ09-_".repeat(30);

// ids are path parameters. The empty one, "." and ".." are not among them: the
// facade refuses those, since they lead to another path.
export const ids = [
  "sa-1", "a/b", "/", "../x", "a/..", "...", ".hidden", "%2F", "%2e%2e", "100%", "a%zz", "%", "a b", " ",
  "a+b", "a?b=c", "?updateMask=labels", "a#b", "a\\b", "a:b@c;d,e=f&g$h", "[x]{id}|^`\"<>", "!'()*~", "-_.~",
  "ünïcödé", "e\u0301", "日本語", "👩‍💻", "🏳️‍🌈/🇩🇪", "\u0000", "a\tb\r\nc", "\u007f\u0080\ufeff", "null",
  "api", "{id}", jwt, "x".repeat(8000), "日/".repeat(3000),
];

// texts are strings that some encoder or other is known to spoil.
export const texts = [
  " ", " padded ", "null", "0", "true", "2022-09-03T19:46:40.748Z", "2022-09-03", "(410) 435-0691 x609",
  "ünïcödé", "e\u0301", "日本語", "👩‍👩‍👧‍👦 🏳️‍🌈 𝄞", "!'()*~", "<a href='x'>&amp;</a>", "line\nbreak\r\n\ttab",
  "quote\" back\\slash /", "\u2028\u2029", "\u0000\u0001\u001f\u007f", "\ufeffbom", "\ufffd\uffff",
  '{"json":[true]}', "%2F%20%", "a+b@example.com", jwt,
];

export const longText = "x".repeat(100_000);
export const longOddText = "é\"\n👍".repeat(20_000);

const labelKeys = [
  "", " ", "a.b", "a/b", "constructor", "toString", "hasOwnProperty", "__proto__", "👍", "ünï", "0", "10", "2",
  "\u0000", "\"", "\\", "é".repeat(1000), "sessionType", "labels", "@type",
];

// labelMap makes labels. They come out of JSON text, since an assignment to
// __proto__ would not make a member.
export function labelMap(random, keys = random.some(labelKeys, 1 + random.below(6))) {
  const members = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(random.pick(["", ...texts]))}`);
  return JSON.parse(`{${members.join(",")}}`);
}

export const allLabels = (random) => labelMap(random, labelKeys);

// extraMembers are members of a response that no SDK knows, as JSON text: their
// numbers would not survive a JavaScript object.
export const extraMembers = [
  '"addedLater":true',
  '"big":12345678901234567890,"precise":0.1000000000000000055511151231257827,"huge":1e400,"minus":-0,"one":1.0',
  '"nested":{"a":[1,{"b":null,"":[[]]}],"\\u00e9":{}},"list":[],"none":null',
  '"__proto__":{"polluted":1},"constructor":"x"',
  '"update_mask":"labels","id":"u-1","session_type":7',
  '"twice":1,"twice":2',
  `"long":${JSON.stringify(longOddText)}`,
];

// errorBodies are what an upstream may say with a status from 400 on, as JSON
// text; all of it is relayed as it stands.
export const errorBodies = [
  '{"error":"Session expired"}',
  '{"code":"InvalidRequest","message":"email is not valid"}',
  '{ "error" : "spaced" ,\n  "details":[ ]\t}\n',
  '{"error":{"nested":{"reason":"x","n":1.0}},"message":null}',
  '[{"message":"first"},{"message":"second"}]',
  "[]", "{}", '"just a string"', '""', "null", "true", "12345678901234567890",
  '{"message":"ünïcödé \\u00e9 \\ud83d\\udc4d 👍","error":""}',
  '{"message":1,"error":2,"statusCode":1e2}',
  '{"error":"half \\ud83d"}',
  '{"error":"first","error":"second"}',
  JSON.stringify({ message: "y".repeat(60_000) }),
  JSON.stringify({ message: longOddText.slice(0, 4000) }),
];

export const bearers = [undefined, "", jwt, "t-1", "Bearer t-2", "bearer t-3", "a.b-c_d~e+f/g==", "!#$%&'*|"];
