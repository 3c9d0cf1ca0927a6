import type { IncomingHttpHeaders } from "node:http";

type Headers = Record<string, string | string[]>;

/** They speak of one connection, not of the request. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
/** What we say ourselves, and what no service behind the page has any use for. */
const OURS_ASKED = ["host", "expect", "cookie", "forwarded", "x-real-ip", "x-request-id"];
const OURS_ANSWERED = ["x-request-id", "set-cookie", "content-security-policy", "server"];

/** How a request came, by our own knowledge. */
export interface Came {
  readonly address: string;
  readonly protocol: string;
  readonly host: string;
  readonly id: string;
}

/** The headers for a service: what a client says of its own address is replaced by what we know. Pure. */
export function headersForService(headers: IncomingHttpHeaders, came: Came): Headers {
  const kept = without(headers, OURS_ASKED).filter(([name]) => !name.startsWith("x-forwarded-"));
  return {
    ...Object.fromEntries(kept),
    "x-forwarded-for": came.address,
    "x-forwarded-proto": came.protocol,
    "x-forwarded-host": came.host,
    "x-request-id": came.id,
  };
}

/** The headers of a service's answer, for the page. Pure. */
export function headersForPage(headers: IncomingHttpHeaders): Headers {
  const kept = without(headers, OURS_ANSWERED);
  return Object.fromEntries(kept.filter(([name]) => !name.startsWith("access-control-")));
}

/** A header that `connection` names speaks of that connection, too. */
function without(
  headers: IncomingHttpHeaders,
  ours: readonly string[],
): [string, string | string[]][] {
  const named = String(headers.connection ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase());
  const left = new Set([...HOP_BY_HOP, ...ours, ...named]);
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || left.has(name) ? [] : [[name, value] as [string, string | string[]]],
  );
}
