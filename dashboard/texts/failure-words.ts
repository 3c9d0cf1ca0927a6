import type { TextRow } from "./texts.ts";

/** What went wrong, and what to do about it. */
export const FAILURE_WORDS = {
  failNetwork: [
    "The server does not answer. See whether `flotilla up` still runs, then try again.",
    "서버가 응답하지 않아요. `flotilla up`이 실행 중인지 확인한 뒤 다시 시도하세요.",
  ],
  failAway: [
    "The server cannot do that right now. Try again in a moment.",
    "지금은 처리할 수 없어요. 잠시 뒤 다시 시도하세요.",
  ],
  failSignedOut: ["You are signed out. Sign in again.", "로그아웃되었어요. 다시 로그인하세요."],
  failForbidden: [
    "Your role may not do that. An admin can change your role.",
    "지금 역할로는 할 수 없어요. 관리자가 역할을 바꿀 수 있어요.",
  ],
  failGone: [
    "It is not there any more. Go back to the list.",
    "더 이상 없어요. 목록으로 돌아가세요.",
  ],
  failConflict: [
    "Somebody else changed it meanwhile. Load it again, then repeat your change.",
    "그사이 다른 사람이 바꿨어요. 다시 불러온 뒤 고쳐 주세요.",
  ],
  failTooLarge: ["That is too large.", "크기가 너무 커요."],
  failInvalid: ["The server does not take that as it is.", "이대로는 받아들일 수 없어요."],
  failBusy: [
    "There is no room for that at the moment. Try again in a moment.",
    "지금은 자리가 없어요. 잠시 뒤 다시 시도하세요.",
  ],
  failInside: [
    "Something went wrong inside the server. Its log says more.",
    "서버 안에서 문제가 생겼어요. 서버 로그를 확인하세요.",
  ],
  failDisk: [
    "The server's disk is full. Free some space, then try again.",
    "서버 디스크가 가득 찼어요. 공간을 비운 뒤 다시 시도하세요.",
  ],
  failOther: ["That did not work. Try again.", "되지 않았어요. 다시 시도하세요."],
} as const satisfies Readonly<Record<string, TextRow>>;
