/** What goes to the terminal: data to stdout, everything else to stderr. */
import type { Asset, AssetSummary, Insight } from "@aima/sdk";

/** Without control characters, so that a file name cannot steer the terminal. */
export const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ");

export function say(line: string): void {
  process.stdout.write(`${plain(line)}\n`);
}

/** One JSON value per line. */
export function sayJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

const COLOURS = { green: 32, red: 31, yellow: 33, dim: 2 } as const;

/** Coloured on a terminal, unless NO_COLOR is set. */
export function paint(colour: keyof typeof COLOURS, text: string): string {
  const coloured = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  return coloured ? `\u001B[${COLOURS[colour]}m${text}\u001B[0m` : text;
}

export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power] ?? "B"}`;
}

export function assetLine(asset: Asset | AssetSummary): string {
  const colour =
    asset.status === "analysed"
      ? "green"
      : asset.status === "failed" || asset.status === "quarantined"
        ? "red"
        : "yellow";
  const size = asset.sizeBytes === null ? "-" : bytes(asset.sizeBytes);
  // The colour is added after the name has been made plain.
  return `${asset.id}  ${paint(colour, asset.status.padEnd(11))}  ${(asset.mediaType ?? "-").padEnd(8)}  ${size.padStart(10)}  ${plain(asset.name)}`;
}

export function sayAsset(asset: Asset | AssetSummary): void {
  process.stdout.write(`${assetLine(asset)}\n`);
}

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 23);

export function insightLine({ kind, operation, confidence, timeRange, page, text }: Insight): string {
  const where =
    timeRange !== null
      ? ` ${clock(timeRange.startMs)}-${clock(timeRange.endMs)}`
      : page === null
        ? ""
        : ` page ${page}`;
  const sure = confidence === null ? "" : ` ${Math.round(confidence * 100)} %`;
  const words = text === null ? "" : `: ${text.length > 160 ? `${text.slice(0, 160)}…` : text}`;
  return `${kind} (${operation})${where}${sure}${words}`;
}
