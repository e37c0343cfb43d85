/** Secrets as somebody may have written them down. For tests in workerd and in Node. */

/** A secret as it is, and as JSON, addresses, base64 at each of its three offsets, and hexadecimal digits write it. */
function writings(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const base64 = [0, 1, 2].map((shift) => {
    const text = btoa(String.fromCharCode(...new Uint8Array(shift), ...bytes));
    // The characters at both ends also tell of the neighbours.
    return text.slice(4, Math.floor(((shift + bytes.length) * 4) / 3) - 1);
  });
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const plain = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), secret.replaceAll("-", "")];
  return [...plain, ...base64, ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")), hex];
}

/** Which of the secrets, by where it was put, stand in which of the lines: `where: line`. */
export function leaksIn(secrets: ReadonlyMap<string, string>, lines: readonly string[]): string[] {
  const all = lines.join("\n");
  return [...secrets].flatMap(([where, secret]) =>
    [...new Set(writings(secret))]
      .filter((text) => all.includes(text))
      .flatMap((text) => lines.filter((line) => line.includes(text)))
      .map((line) => `${where}: ${line.slice(0, 300)}`),
  );
}
