import type { AimaClient, Quota } from "@aima/sdk";
import { Command, type Option } from "commander";
import { bytes, note, say, sayJson } from "../output.ts";

type Options = { readonly days: number; readonly json: boolean };

/** An amount of a quota with its unit. */
function amount(quota: Quota["quota"], value: number): string {
  if (quota === "bytes") return bytes(value);
  if (quota === "gpuSeconds") return `${value} s`;
  return quota === "moneyCents" ? (value / 100).toFixed(2) : String(value);
}

function quotaLine({ quota, limit, used, reserved, period }: Quota): string {
  const under = reserved === 0 ? "" : `, ${amount(quota, reserved)} reserved`;
  const of = limit === null ? "no limit" : `of ${amount(quota, limit)}`;
  return `${quota.padEnd(10)}  ${amount(quota, used)} used${under}, ${of}${period === null ? "" : ` in ${period}`}`;
}

async function usage(client: AimaClient, { days, json }: Options): Promise<void> {
  const [quotas, used] = await Promise.all([client.tenant.quotas(), client.tenant.usage({ days })]);
  if (json) {
    sayJson({ quotas, days: used });
    return;
  }
  for (const quota of quotas) say(quotaLine(quota));
  for (const { day, jobs, computeMs } of used) say(`${day}  ${jobs} jobs  ${(computeMs / 1000).toFixed(1)} s compute`);
  if (used.length === 0) note("No job has ended yet.");
}

/** `aima usage` */
export function usageCommand(
  client: () => Promise<AimaClient>,
  days: (value: string) => number,
  json: () => Option,
): Command {
  return new Command("usage")
    .description("what the tenant holds, spends and may, and its jobs by day (UTC)")
    .option("--days <n>", "days with jobs at most", days, 31)
    .addOption(json())
    .action(async (options: Options) => usage(await client(), options));
}
