/**
 * Where a request to an identity provider may go. The addresses come from a discovery document, which somebody else
 * writes: none of them may lead into a private network, to this machine, or to a service of the platform beneath.
 */
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** Names that no public name server answers for (RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`). */
const PRIVATE_NAMES = /(?:^|\.)(?:localhost|local|internal|home\.arpa|test|invalid|onion)$/;

/** Whether what is said to this address can be read on the way. */
export const isPlain = (url: string): boolean => new URL(url).protocol === "http:";

/** Whether it is one of this machine. */
export const isLoopback = (url: string): boolean => LOOPBACK.has(new URL(url).hostname);

/**
 * Encrypted, and to a public name: never to an address in figures, which no certificate of a provider names. This
 * machine is asked only with `allowLoopback`, and then in clear as well. Figures in any writing are what `URL` makes of
 * them: `0x7f.1` and `2130706433` are `127.0.0.1`.
 */
export function mayAsk(url: string, allowLoopback: boolean): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (`${username}${password}` !== "") return false;
  if (LOOPBACK.has(hostname)) return allowLoopback && (protocol === "https:" || protocol === "http:");
  const name = hostname.replace(/\.$/, "");
  const isFigures = name.startsWith("[") || /^[\d.]+$/.test(name);
  return protocol === "https:" && name.includes(".") && !isFigures && !PRIVATE_NAMES.test(name);
}
