import type { TextRow } from "./texts.ts";

/** What can be done, and what that means. English, then Korean. */
export const ACTION_WORDS = {
  action: ["Action", "동작"],
  actions: ["Actions", "동작"],
  comment: ["Comment", "메모"],
  edit: ["Edit", "편집"],
  editPolicy: ["Edit policy", "정책 편집"],
  save: ["Save…", "저장…"],
  saveNow: ["Save now", "지금 저장"],
  remove: ["Delete", "삭제"],
  copy: ["Copy", "복사"],
  copied: ["Copied", "복사했어요"],
  copyByHand: [
    "This browser does not let pages copy: take it from the field.",
    "이 브라우저에서는 복사할 수 없어요. 칸에서 직접 복사하세요.",
  ],
  saved: [
    (name: string): string => `${name} was saved`,
    (name: string): string => `${name} 저장했어요`,
  ],
  deleted: [
    (name: string): string => `${name} is being deleted`,
    (name: string): string => `${name} 삭제하는 중이에요`,
  ],
  mayOnlyLook: [
    "Your role may only look. An admin can change that.",
    "지금 역할은 보기만 할 수 있어요. 관리자가 바꿀 수 있어요.",
  ],
  counting: ["Counting the players…", "플레이어 수를 세는 중…"],
  touchedUnknown: [
    "How many players this touches could not be found out.",
    "영향받는 플레이어 수를 알 수 없어요.",
  ],
  touchesPlayers: [
    (n: number): string =>
      n === 0
        ? "0 players are touched."
        : n === 1
          ? "This ends the game of 1 player."
          : `This ends the game of ${n.toLocaleString()} players.`,
    (n: number): string =>
      n === 0
        ? "영향받는 플레이어는 0명이에요."
        : `플레이어 ${n.toLocaleString()}명의 게임이 끝나요.`,
  ],
  touchesNobody: [
    (n: number): string =>
      n === 0
        ? "0 players are touched."
        : `0 of ${n.toLocaleString()} players are touched: game servers that are held stay.`,
    (n: number): string =>
      n === 0
        ? "영향받는 플레이어는 0명이에요."
        : `플레이어 ${n.toLocaleString()}명 중 0명이 영향을 받아요. 쓰이는 서버는 남아요.`,
  ],
  touchesServers: [
    (servers: number, held: number): string =>
      `${servers.toLocaleString()} game servers, ${held.toLocaleString()} of them held.`,
    (servers: number, held: number): string =>
      `게임 서버 ${servers.toLocaleString()}대, 그중 ${held.toLocaleString()}대 사용 중.`,
  ],
  start: ["Start", "시작"],
  startTitle: [
    (name: string): string => `Start “${name}”?`,
    (name: string): string => `“${name}”을(를) 시작할까요?`,
  ],
  startAbout: [
    "It starts with a fresh root; named volumes are as they were.",
    "새 루트로 시작하고 이름 있는 볼륨은 그대로예요.",
  ],
  started: [
    (name: string): string => `${name} is to run`,
    (name: string): string => `${name} 시작해요`,
  ],
  stop: ["Stop", "멈추기"],
  stopTitle: [
    (name: string): string => `Stop “${name}”?`,
    (name: string): string => `“${name}”을(를) 멈출까요?`,
  ],
  stopAbout: [
    "It is stopped and kept, with its named volumes. Who is connected to it loses the connection.",
    "멈추고 보관해요. 이름 있는 볼륨도 남아요. 연결은 끊겨요.",
  ],
  stopped: [
    (name: string): string => `${name} is to stop`,
    (name: string): string => `${name} 멈춰요`,
  ],
  restart: ["Restart", "다시 시작"],
  restartTitle: [
    (name: string): string => `Restart “${name}”?`,
    (name: string): string => `“${name}”을(를) 다시 시작할까요?`,
  ],
  restartAbout: [
    "It is stopped and started again with a fresh root. Who is connected to it loses the connection.",
    "멈춘 뒤 새 루트로 다시 시작해요. 연결은 끊겨요.",
  ],
  restarted: [
    (name: string): string => `${name} is to restart`,
    (name: string): string => `${name} 다시 시작해요`,
  ],
  scale: ["Scale", "개수 조절"],
  scaleTitle: [
    (name: string): string => `Scale “${name}”`,
    (name: string): string => `“${name}” 개수 조절`,
  ],
  scaleAboutFleet: [
    "Sets how many game servers there are. Those that are held are never removed by it; an autoscaler may set the number again.",
    "게임 서버 개수를 정해요. 쓰이는 서버는 없애지 않아요. 오토스케일러가 다시 바꿀 수 있어요.",
  ],
  scaleAboutService: [
    "Sets how many replicas there are. One that is removed drains first.",
    "복제본 개수를 정해요. 없앨 때는 먼저 비워요.",
  ],
  scaled: [
    (name: string, n: number): string => `${name} is scaled to ${n}`,
    (name: string, n: number): string => `${name} 개수를 ${n}개로 바꿨어요`,
  ],
  allocate: ["Allocate", "배정"],
  allocateTitle: [
    (name: string): string => `Allocate a server of “${name}”?`,
    (name: string): string => `“${name}”에서 서버를 배정할까요?`,
  ],
  allocateAbout: [
    "Takes one Ready game server for players. It stays Allocated until its game ends.",
    "준비된 게임 서버 하나를 플레이어에게 배정해요. 게임이 끝날 때까지 유지돼요.",
  ],
  allocatedNote: [
    (name: string, address: string): string => `${name} is allocated: ${address}`,
    (name: string, address: string): string => `${name} 배정했어요: ${address}`,
  ],
  noneReady: ["no Ready game server", "준비된 게임 서버가 없어요"],
  pause: ["Pause rollout", "교체 멈추기"],
  pauseTitle: [
    (name: string): string => `Pause the rollout of “${name}”?`,
    (name: string): string => `“${name}” 교체를 멈출까요?`,
  ],
  pauseAbout: [
    "No further step of a rollout is taken until it is resumed. Broken servers are still replaced.",
    "다시 이어갈 때까지 더 교체하지 않아요. 고장 난 서버는 계속 바꿔요.",
  ],
  paused: [
    (name: string): string => `${name} is paused`,
    (name: string): string => `${name} 교체를 멈췄어요`,
  ],
  resume: ["Resume rollout", "교체 이어가기"],
  resumeTitle: [
    (name: string): string => `Resume the rollout of “${name}”?`,
    (name: string): string => `“${name}” 교체를 이어갈까요?`,
  ],
  resumeAbout: [
    "Its rollout goes on; game servers that are held stay until they end.",
    "교체를 이어가요. 쓰이는 서버는 끝날 때까지 남아요.",
  ],
  resumed: [
    (name: string): string => `${name} goes on`,
    (name: string): string => `${name} 교체를 이어가요`,
  ],
  revisions: ["Versions", "버전"],
  revision: ["Version", "버전 번호"],
  noRevisions: ["No version is kept yet.", "아직 보관된 버전이 없어요."],
  presentRevision: ["present", "지금 버전"],
  undo: ["Roll back", "되돌리기"],
  undoTitle: [
    (name: string, n: number): string => `Roll “${name}” back to version ${n}?`,
    (name: string, n: number): string => `“${name}”을(를) 버전 ${n}(으)로 되돌릴까요?`,
  ],
  undoAbout: [
    "The template of that version comes back and is rolled out. Game servers that are held stay until they end.",
    "그 버전의 템플릿으로 되돌려 교체해요. 쓰이는 서버는 끝날 때까지 남아요.",
  ],
  undoPaused: ["its rollout is paused: resume it first", "교체가 멈춰 있어요. 먼저 이어가세요"],
  undone: [
    (name: string, n: number): string => `${name} rolls back to version ${n}`,
    (name: string, n: number): string => `${name} 버전 ${n}(으)로 되돌려요`,
  ],
  end: ["End", "끝내기"],
  endTitle: [
    (name: string): string => `End “${name}”?`,
    (name: string): string => `“${name}”을(를) 끝낼까요?`,
  ],
  deleteTitle: [
    (name: string): string => `Delete “${name}”?`,
    (name: string): string => `“${name}”을(를) 삭제할까요?`,
  ],
  deleteAboutFleet: [
    "Deletes the fleet and its game servers. Give held ones time to end below.",
    "플릿과 게임 서버를 삭제해요. 쓰이는 서버가 끝날 시간을 아래에 정하세요.",
  ],
  deleteAboutServer: [
    "Ends this game server and everybody's game on it. Its fleet makes another one.",
    "이 게임 서버와 그 안의 게임을 끝내요. 플릿이 새 서버를 만들어요.",
  ],
  deleteAboutContainer: [
    "Ends the container for good. Named volumes stay.",
    "컨테이너를 없애요. 이름 있는 볼륨은 남아요.",
  ],
  deleteAboutService: [
    "Deletes the service and its replicas. Who is connected loses the connection.",
    "서비스와 복제본을 삭제해요. 연결은 끊겨요.",
  ],
  deleteAboutNetwork: [
    "Deletes the network. What runs on it goes on; nothing new can start there.",
    "네트워크를 삭제해요. 이미 있는 것은 계속되고 새로 시작할 수는 없어요.",
  ],
  deleteAboutNode: ["Forgets the machine.", "이 머신을 잊어요."],
  drainSeconds: ["Seconds for held game servers to end", "쓰이는 서버에 줄 시간(초)"],
  drainSecondsHint: ["Empty: they end at once", "비우면 바로 끝나요"],
  cordon: ["Cordon", "새 배치 막기"],
  cordonTitle: [
    (name: string): string => `Cordon “${name}”?`,
    (name: string): string => `“${name}”에 새 배치를 막을까요?`,
  ],
  cordonAbout: [
    "Nothing new is placed there; what is there goes on.",
    "새로 배치하지 않아요. 있는 것은 계속돼요.",
  ],
  cordoned: [
    (name: string): string => `${name} takes nothing new`,
    (name: string): string => `${name} 새 배치를 막았어요`,
  ],
  uncordon: ["Uncordon", "새 배치 허용"],
  uncordonTitle: [
    (name: string): string => `Uncordon “${name}”?`,
    (name: string): string => `“${name}”에 새 배치를 허용할까요?`,
  ],
  uncordonAbout: [
    "It takes new game servers and containers again; a drain ends, too.",
    "다시 새 게임 서버와 컨테이너를 받아요. 비우기도 끝나요.",
  ],
  uncordoned: [
    (name: string): string => `${name} takes new ones again`,
    (name: string): string => `${name} 다시 받아요`,
  ],
  drain: ["Drain", "비우기"],
  drainTitle: [
    (name: string): string => `Drain “${name}”?`,
    (name: string): string => `“${name}”을(를) 비울까요?`,
  ],
  drainAbout: [
    "What can move leaves. Game servers that are held stay until they end, or until the deadline: then they end with everybody on them.",
    "옮길 수 있는 것은 옮겨요. 쓰이는 서버는 끝날 때까지, 또는 기한까지 남아요. 기한이 되면 함께 끝나요.",
  ],
  deadline: ["Deadline for held game servers", "쓰이는 서버의 기한"],
  deadlineHint: [
    "90s, 10m, 2h; empty: as long as they are held",
    "90s, 10m, 2h. 비우면 끝날 때까지",
  ],
  deadlineWrong: ["the deadline is a time such as 90s, 10m or 2h", "기한은 90s, 10m, 2h처럼 써요"],
  draining: [
    (name: string): string => `${name} is draining`,
    (name: string): string => `${name} 비우는 중이에요`,
  ],
  editTitle: [
    (kind: string, name: string): string => `${kind} ${name}`,
    (kind: string, name: string): string => `${kind} ${name}`,
  ],
  yaml: ["YAML", "YAML 내용"],
  checking: ["Asking the server…", "서버에 확인하는 중…"],
  unchanged: ["Nothing was changed yet.", "아직 바꾼 것이 없어요."],
  valid: ["The server takes it as it is.", "서버가 그대로 받아들여요."],
  line: [(n: number): string => `Line ${n}`, (n: number): string => `${n}번째 줄`],
  loadTheirs: ["Load the present version", "지금 버전 불러오기"],
  keepMine: ["Keep mine on top of it", "내 것을 그 위에 두기"],
  backToEdit: ["Back", "돌아가기"],
  sureToSave: [
    (name: string): string => `Save “${name}”?`,
    (name: string): string => `“${name}”을(를) 저장할까요?`,
  ],
  editTouches: [
    (players: number, servers: number): string =>
      players === 0
        ? `0 players are touched (${servers.toLocaleString()} game servers).`
        : `${players.toLocaleString()} players are on its ${servers.toLocaleString()} game servers. Those that are held stay until they end; a new template replaces the others.`,
    (players: number, servers: number): string =>
      players === 0
        ? `영향받는 플레이어는 0명이에요 (게임 서버 ${servers.toLocaleString()}대).`
        : `게임 서버 ${servers.toLocaleString()}대에 플레이어 ${players.toLocaleString()}명이 있어요. 쓰이는 서버는 끝날 때까지 남고, 나머지는 새 템플릿으로 바뀌어요.`,
  ],
  acknowledge: ["Acknowledge", "확인"],
  acknowledgeTitle: [
    (name: string): string => `Acknowledge “${name}”?`,
    (name: string): string => `“${name}” 알림을 확인할까요?`,
  ],
  acknowledgeAbout: [
    "Tells everybody that somebody looks after it. It goes on until it is resolved.",
    "누군가 처리 중이라고 모두에게 알려요. 해결될 때까지 알림은 남아요.",
  ],
  acknowledgedNote: ["Acknowledged", "확인했어요"],
  silence: ["Silence", "끄기"],
  silenceTitle: [
    (name: string): string => `Silence “${name}”`,
    (name: string): string => `“${name}” 알림 끄기`,
  ],
  silenceAbout: [
    "The rule tells nobody about this object for that long.",
    "그동안 이 대상에 대해 알리지 않아요.",
  ],
  minutes: ["Minutes", "분"],
  silencedNote: ["Silenced", "알림을 껐어요"],
  endSilence: ["End silence", "다시 켜기"],
  endSilenceAbout: ["The rule tells about it again.", "다시 알려요."],
  silenceEnded: ["The silence has ended", "알림을 다시 켰어요"],
} as const satisfies Readonly<Record<string, TextRow>>;
