/** Compound files (MS-CFB): old Office documents, and the shell around encrypted new ones. Names of streams only. */
import { ByteView } from "../byte-view.ts";
import { type Finding, rejected } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";

/** The directory of a document is a few sectors; every chain is followed this far at most. */
const MAX_SECTORS = 64;
const END_OF_CHAIN = 0xffff_fffa;

/** Always a refusal: `encrypted` for a protected document, else `unsupported_content`. */
export async function inspectCompoundFile(reader: RangeReader): Promise<Finding> {
  const names = await streamNames(reader);
  if (names.has("EncryptedPackage"))
    return rejected("encrypted", "an Office document that opens with a password only", { isEncrypted: true });
  const legacy = ["WordDocument", "Workbook", "Book", "PowerPoint Document"].some((name) => names.has(name));
  return rejected(
    "unsupported_content",
    legacy ? "an Office document of a format before 2007" : "a compound file that is no document",
  );
}

async function streamNames(reader: RangeReader): Promise<Set<string>> {
  const names = new Set<string>();
  const header = new ByteView(await reader.read(0, 512));
  if (header.length < 512) return names;
  const shift = header.u16(30, true);
  if (shift !== 9 && shift !== 12) return names;
  const sectorBytes = 2 ** shift;
  let sector = header.u32(48, true);
  for (let i = 0; i < MAX_SECTORS && sector < END_OF_CHAIN; i += 1) {
    const body = new ByteView(await reader.read((sector + 1) * sectorBytes, sectorBytes));
    for (let at = 0; at + 128 <= body.length; at += 128) {
      const length = body.u16(at + 64, true);
      if (length >= 2 && length <= 64)
        names.add(new TextDecoder("utf-16le").decode(body.bytes.subarray(at, at + length - 2)));
    }
    sector = await nextSector(reader, header, sector, sectorBytes);
  }
  return names;
}

/** The allocation table itself is found through the 109 entries in the header, enough for 7 MB of 512-byte sectors. */
async function nextSector(reader: RangeReader, header: ByteView, sector: number, sectorBytes: number): Promise<number> {
  const perSector = sectorBytes / 4;
  const index = Math.floor(sector / perSector);
  if (index >= 109) return END_OF_CHAIN;
  const table = header.u32(76 + index * 4, true);
  if (table >= END_OF_CHAIN) return END_OF_CHAIN;
  const entry = new ByteView(await reader.read((table + 1) * sectorBytes + (sector % perSector) * 4, 4));
  return entry.length < 4 ? END_OF_CHAIN : entry.u32(0, true);
}
