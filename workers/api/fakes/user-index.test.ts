import { describeUserIndex } from "../../../test/contracts/user-index.contract.ts";
import { FakeUserIndex } from "./user-index.ts";

describeUserIndex("FakeUserIndex", () => new FakeUserIndex());
