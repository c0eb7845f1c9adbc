// Compares two observations.

// parseJSON reads JSON so that nothing is lost of it: a number stays as it is
// spelled. undefined stands for no text at all.
export function parseJSON(text) {
  if (text === "") {
    return undefined;
  }
  // Strings are matched first, so that no number is sought within one.
  const spelled = text.replace(/"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g, (token) =>
    token[0] === '"' ? token : `"\\u0000number ${token}"`);
  try {
    return JSON.parse(spelled);
  } catch {
    return { notJSON: text };
  }
}

// differences lists in which places two values are not the same.
export function differences(direct, facade, place = "") {
  if (Object.is(direct, facade)) {
    return [];
  }
  if (!isObject(direct) || !isObject(facade) || Array.isArray(direct) !== Array.isArray(facade)) {
    return [`${place}: direct ${show(direct)}, facade ${show(facade)}`];
  }
  const names = new Set([...Object.keys(direct), ...Object.keys(facade)]);
  return [...names].flatMap((name) =>
    differences(own(direct, name), own(facade, name), place === "" ? name : `${place}.${name}`));
}

const isObject = (value) => typeof value === "object" && value !== null;

// own is a member; __proto__, too, only where it is one.
const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);

const longest = 160;

// show spells a value in a line that can be read.
export function show(value) {
  const text = JSON.stringify(value) ?? "absent";
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
}
