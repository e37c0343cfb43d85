/** Statements over a lease, answered in the shapes of Neon's HTTP protocol. */
import type { Lease } from "./engine.ts";
import type { Statement } from "./sql-request.ts";
import { parameterText } from "./sql-request.ts";
import type { Field } from "./wire.ts";
import {
  extendedQuery,
  frame,
  readDataRow,
  readError,
  readRowDescription,
  readyStatus,
  simpleQuery,
  splitMessages,
} from "./wire.ts";

export type SqlResult = {
  readonly fields: readonly Field[];
  readonly rows: readonly (readonly (string | null)[] | Record<string, string | null>)[];
  readonly command: string;
  readonly rowCount: number | null;
  readonly rowAsArray: boolean;
};

/** An error of the database, by the letters of the wire protocol. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  readonly fields: ReadonlyMap<string, string>;
  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get("M") ?? "the database failed without a message");
    this.fields = fields;
  }

  /** The body of an HTTP 400 as the driver reads it. */
  toBody(): Record<string, string | null> {
    const names = { severity: "S", code: "C", detail: "D", hint: "H", position: "P", internalPosition: "p" };
    const more = { internalQuery: "q", where: "W", schema: "s", table: "t", column: "c", dataType: "d" };
    const origin = { constraint: "n", file: "F", line: "L", routine: "R" };
    const entries = Object.entries({ ...names, ...more, ...origin });
    return {
      message: this.message,
      ...Object.fromEntries(entries.map(([name, letter]) => [name, this.fields.get(letter) ?? null])),
    };
  }
}

/** Runs one statement. Throws `SqlError`. */
async function execute(lease: Lease, statement: Statement, rowAsArray: boolean): Promise<SqlResult> {
  const answer = await lease.send(extendedQuery(statement.query, statement.params.map(parameterText)));
  let fields: Field[] = [];
  const rows: (string | null)[][] = [];
  let tag = "";
  for (const { type, body } of splitMessages(answer).messages) {
    if (type === "E") throw new SqlError(readError(body));
    if (type === "T") fields = readRowDescription(body);
    if (type === "D") rows.push(readDataRow(body));
    if (type === "C") tag = body.toString("utf8", 0, body.length - 1);
  }
  const words = tag.split(" ");
  const count = Number(words.at(-1));
  return {
    fields,
    rows: rowAsArray
      ? rows
      : rows.map((row) => Object.fromEntries(row.map((value, i) => [fields[i]?.name ?? "", value]))),
    command: words[0] ?? "",
    rowCount: words.length > 1 && Number.isInteger(count) ? count : null,
    rowAsArray,
  };
}

/** Runs all statements in one transaction, or none of them. Throws the first `SqlError`. */
export async function executeBatch(
  lease: Lease,
  begin: string,
  statements: readonly Statement[],
  rowAsArray: boolean,
): Promise<SqlResult[]> {
  try {
    await execute(lease, { query: begin, params: [] }, true);
    const results = [];
    for (const statement of statements) {
      results.push(await execute(lease, statement, statement.arrayMode ?? rowAsArray));
    }
    await execute(lease, { query: "COMMIT", params: [] }, true);
    return results;
  } catch (error) {
    await lease.send(simpleQuery("ROLLBACK"));
    throw error;
  }
}

/** Runs one statement on its own; a transaction it leaves open is rolled back, for no one else may continue it. */
export async function executeAlone(lease: Lease, statement: Statement, rowAsArray: boolean): Promise<SqlResult> {
  try {
    return await execute(lease, statement, rowAsArray);
  } finally {
    if (readyStatus(await lease.send(frame("S"))) !== "I") await lease.send(simpleQuery("ROLLBACK"));
  }
}
