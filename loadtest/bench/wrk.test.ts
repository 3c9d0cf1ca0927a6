import { expect, it } from "vitest";
import { readWrk } from "./wrk.ts";

const SAID = `Running 5s test @ http://127.0.0.1:8712/assets
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     6.19ms    3.77ms  82.96ms   96.84%
  Latency Distribution
     50%  920.00us
     75%    6.03ms
     90%    7.12ms
     99%    1.02s
  53452 requests in 5.01s, 330.18MB read
  Socket errors: connect 1, read 2, write 0, timeout 3
  Non-2xx or 3xx responses: 40
Requests/sec:  10669.21
Transfer/sec:     65.90MB
`;

it("reads what wrk prints, in milliseconds, and counts everything that failed", () => {
  expect(readWrk(SAID)).toEqual({ perSecond: 10_669.21, p50Ms: 0.92, p99Ms: 1_020, refused: 46 });
  const fine = SAID.replace(/^.*(Socket errors|Non-2xx).*\n/gm, "");
  expect(readWrk(fine).refused).toBe(0);
});
