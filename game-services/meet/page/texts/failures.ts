import type { Row } from "./words.ts";

/** What went wrong, in the player's words; by the services' own fixed texts where the names begin with one. */
export const FAILURES = {
  network: [
    "No connection. Check your network and try again.",
    "연결이 안 돼요. 네트워크를 확인하고 다시 시도하세요.",
  ],
  loginAway: [
    "Logging in is not possible right now. Try again in a moment.",
    "지금은 로그인할 수 없어요. 잠시 뒤 다시 시도하세요.",
  ],
  assetAway: [
    "Things cannot be loaded right now. Try again in a moment.",
    "지금은 물건을 불러올 수 없어요. 잠시 뒤 다시 시도하세요.",
  ],
  roomAway: [
    "Maps cannot be loaded right now. Try again in a moment.",
    "지금은 맵을 불러올 수 없어요. 잠시 뒤 다시 시도하세요.",
  ],
  gameAway: [
    "The game cannot be reached right now. Try again in a moment.",
    "지금은 게임에 연결할 수 없어요. 잠시 뒤 다시 시도하세요.",
  ],
  busy: [
    "Too many at once. Try again in a moment.",
    "지금은 사람이 너무 많아요. 잠시 뒤 다시 시도하세요.",
  ],
  tooOften: ["Too many attempts. Wait a little.", "시도가 너무 잦아요. 잠시 기다려 주세요."],
  locked: [
    "Too many wrong passwords. Wait a little, then try again.",
    "비밀번호를 여러 번 틀렸어요. 잠시 뒤 다시 시도하세요.",
  ],
  wrongPassword: ["The password is wrong.", "비밀번호가 틀렸어요."],
  noUser: ["There is no such user.", "없는 아이디예요."],
  userTaken: ["This user name is taken.", "이미 쓰고 있는 아이디예요."],
  emailTaken: ["This email address is already used.", "이미 쓰고 있는 이메일이에요."],
  signedOut: ["You were logged out. Log in again.", "로그아웃되었어요. 다시 로그인하세요."],
  signedOutElsewhere: [
    "For your safety you were logged out. Log in again.",
    "안전을 위해 로그아웃되었어요. 다시 로그인하세요.",
  ],
  badFields: [
    "Some of it cannot be taken as it is. See the marked fields.",
    "입력을 확인해 주세요.",
  ],
  badField: ["Check this", "확인해 주세요"],
  tooLarge: ["That is too large.", "크기가 너무 커요."],
  notAPicture: ["This file is not a picture that can be used.", "사용할 수 없는 그림 파일이에요."],
  forbidden: ["You may not do that.", "권한이 없어요."],
  gone: ["It is not there any more.", "더 이상 없어요."],
  mapGone: ["This map is gone, or you may not enter it.", "맵이 없거나 들어갈 수 없어요."],
  changedMeanwhile: [
    "Somebody was faster. Try again.",
    "다른 사람이 먼저 바꿨어요. 다시 시도하세요.",
  ],
  quota: ["You have as many as you may have.", "더 만들 수 없어요."],
  full: [
    "All places are taken. Try again in a moment.",
    "자리가 모두 찼어요. 잠시 뒤 다시 시도하세요.",
  ],
  elsewhere: ["You came in anew in another window.", "다른 창에서 들어왔어요."],
  serverEnds: [
    "The game moves to another place. One moment…",
    "게임이 다른 곳으로 옮겨 가요. 잠시만요…",
  ],
  accessEnded: ["Your login has ended. Log in again.", "로그인이 끝났어요. 다시 로그인하세요."],
  notPlaced: ["That cannot stand there.", "거기에는 놓을 수 없어요."],
  notRemoved: ["That cannot be taken away.", "치울 수 없어요."],
  notSaid: ["Not so fast, or too long.", "너무 빠르거나 길어요."],
  notWhispered: ["Nobody of that name is here.", "그 사람은 여기 없어요."],
  other: ["That did not work.", "되지 않았어요."],
  requestId: [
    (id: string): string => `Number for support: ${id}`,
    (id: string): string => `문의 번호: ${id}`,
  ],
} as const satisfies Readonly<Record<string, Row>>;
