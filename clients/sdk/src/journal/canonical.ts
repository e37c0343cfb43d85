/**
 * The text that a journal's hashes are made of, written from its published rules and not from the server's code, so
 * that one checks the other: members sorted by UTF-16 code units, no white space, numbers and strings as ECMAScript
 * prints them (RFC 8785).
 *
 * Throws `RangeError` for a value nested deeper than the stack.
 */
export function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    let text = "[";
    for (let i = 0; i < value.length; i += 1) text += i === 0 ? canonical(value[i]) : `,${canonical(value[i])}`;
    return `${text}]`;
  }
  // SAFETY: an object that is no array has members by name.
  const members = value as Record<string, unknown>;
  const names = Object.keys(members);
  if (!isSorted(names)) names.sort();
  let text = "";
  for (const name of names) text += `${text === "" ? "{" : ","}${JSON.stringify(name)}:${canonical(members[name])}`;
  return text === "" ? "{}" : `${text}}`;
}

function isSorted(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i += 1) if ((names[i - 1] ?? "") > (names[i] ?? "")) return false;
  return true;
}

/** One token of valid JSON: what is left over between two of them is white space or punctuation. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]/g;

/**
 * What a parser forgives and a hash of the parsed value does not see: a name that stands twice in one object, and a
 * number that is not written as it is printed (`1.0`, or more digits than it has). Null when there is neither.
 * `text` has to be valid JSON.
 */
export function forgivenByParsers(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  let before = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token.startsWith('"')) {
      const names = open.at(-1) ?? null;
      if (names !== null && (before === "{" || before === ",")) {
        const name = String(JSON.parse(token));
        if (names.has(name)) return `the name ${token} stands twice in one object`;
        names.add(name);
      }
    } else if (token !== "," && token !== ":" && JSON.stringify(Number(token)) !== token) {
      return `the number ${token} is not in canonical form`;
    }
    before = token;
  }
  return null;
}
