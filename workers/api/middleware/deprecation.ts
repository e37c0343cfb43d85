import { createMiddleware } from "hono/factory";
import type { ApiEnv } from "../deps.ts";
import type { ApiRoute } from "../route.ts";

/** Which shape of the API answers: the first segment of its paths. */
export const API_VERSION = "v1";

/** Says which version answers, and of a route that goes away since when (RFC 9745), until when (RFC 8594) and what follows. */
export const deprecation = (route: ApiRoute) => {
  const headers: [string, string][] = [["api-version", API_VERSION]];
  if (route.deprecated !== undefined) {
    const { since, sunset, successor } = route.deprecated;
    headers.push(["deprecation", `@${Math.floor(Date.parse(since) / 1000)}`]);
    if (sunset !== null) headers.push(["sunset", new Date(sunset).toUTCString()]);
    if (successor !== null) headers.push(["link", `<${successor}>; rel="successor-version"`]);
  }
  return createMiddleware<ApiEnv>(async (c, next) => {
    await next();
    for (const [name, value] of headers) c.header(name, value);
  });
};
