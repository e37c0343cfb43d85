/** What AIMA does that the platform bills. */
export type StatementCount = { runs: number; rowsRead: number; rowsWritten: number };

export type Counts = {
  /** Requests to Workers: from outside, and one for each batch that a queue delivers. */
  workerRequests: Record<string, number>;
  /** `Class.method`, as the caller sees it. */
  objectCalls: Record<string, number>;
  alarmRuns: Record<string, number>;
  alarmsSet: Record<string, number>;
  /** `Class: VERB table`. */
  statements: Record<string, StatementCount>;
  messages: Record<string, number>;
  bucketWrites: number;
  bucketReads: number;
  databaseCalls: number;
};
