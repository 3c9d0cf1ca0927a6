import { expect, it } from "vitest";
import { headersForPage, headersForService } from "./proxy-headers.ts";

const came = { address: "192.0.2.7", protocol: "https", host: "meet.example.org", id: "r1" };

it("tells a service how a request came by our own knowledge, whatever the client says of itself", () => {
  const headers = {
    host: "meet.example.org",
    "x-forwarded-for": "10.0.0.1, 10.0.0.2",
    "x-forwarded-proto": "gopher",
    "x-forwarded-user": "admin",
    forwarded: "for=10.0.0.1",
    "x-real-ip": "10.0.0.1",
    "x-request-id": "not ours",
    cookie: "a=b",
    authorization: "Bearer t",
    "content-type": "application/json",
  };
  expect(headersForService(headers, came)).toEqual({
    authorization: "Bearer t",
    "content-type": "application/json",
    "x-forwarded-for": "192.0.2.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "meet.example.org",
    "x-request-id": "r1",
  });
});

it.each([
  ["asked", (headers: object) => headersForService({ ...headers }, came)],
  ["answered", (headers: object) => headersForPage({ ...headers })],
] as const)("keeps to itself what speaks of one connection when it is %s", (_, pass) => {
  const passed = pass({
    connection: "keep-alive, X-Secret",
    "keep-alive": "timeout=5",
    "transfer-encoding": "chunked",
    upgrade: "websocket",
    te: "trailers",
    "x-secret": "1",
    etag: '"1"',
  });
  expect(passed).toMatchObject({ etag: '"1"' });
  const rest = Object.keys(passed).filter((name) => !/^x-forwarded|^x-request|^etag/.test(name));
  expect(rest).toEqual([]);
});

it("lets no service set cookies, policies or other origins for the page", () => {
  const headers = {
    "set-cookie": ["a=b"],
    "content-security-policy": "default-src *",
    "access-control-allow-origin": "*",
    "retry-after": "3",
  };
  expect(headersForPage(headers)).toEqual({ "retry-after": "3" });
});
