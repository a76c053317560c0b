export const SAMPLE_KINDS = ['task', 'order', 'call'] as const;
type SampleKind = (typeof SAMPLE_KINDS)[number];

export type SampleOptions = {
  readonly kind: SampleKind;
  /** Seconds since the epoch. */
  readonly at: number;
  /** The taskStatus of a task, 1 to 5; default: 3 (completed). */
  readonly status?: number | undefined;
  readonly serial?: number | undefined;
};

export function sampleBody({ kind, at, status = 3, serial = 1 }: SampleOptions): string {
  switch (kind) {
    case 'task':
      return JSON.stringify(sampleTask({ at, taskStatus: status, serial }));
    case 'order':
      return JSON.stringify({ callbackType: '2', ...sampleOrder(at, serial) });
    case 'call':
      return JSON.stringify({ callbackType: 3, ...sampleOrder(at, serial) });
    default:
      return kind satisfies never;
  }
}

function sampleTask({ at, taskStatus, serial }: { at: number; taskStatus: number; serial: number }): object {
  const totalOrderCount = 1200;
  const finishOrderCount = { 1: 0, 2: 480, 5: 730 }[taskStatus] ?? totalOrderCount;
  const totalCall = finishOrderCount * 2;
  const totalAnswerCall = Math.round(finishOrderCount * 0.7);
  return {
    callbackType: 1,
    userTaskID: `spring-renewal-${serial}`,
    taskID: `T${100_000 + serial}`,
    sceneID: 'S2048',
    taskStatus,
    createTs: at - 3600,
    taskStat: {
      answerOrderCount: totalAnswerCall,
      finishOrderCount,
      totalOrderCount,
      finishRate: rate(finishOrderCount, totalOrderCount),
      totalAnswerCall,
      totalCall,
      answerRate: rate(totalAnswerCall, totalCall),
    },
  };
}

/** Two decimals, as documented. */
function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 100) / 100;
}

const PEOPLE = ['牛小信 😀', '王芳', 'José Álvarez', 'Anna Schmidt'] as const;

function sampleOrder(at: number, serial: number): object {
  return {
    orderID: `O${500_000 + serial}`,
    userPhone: `1202555${String(100 + (serial % 100)).padStart(4, '0')}`,
    userName: PEOPLE[serial % PEOPLE.length],
    sceneID: 'S2048',
    userTaskID: 'spring-renewal-1',
    taskID: 'T100001',
    finish: true,
    other: '{"crmId":"C-7781"}',
    callInfoDetail: sampleCallInfo(at, serial),
  };
}

function sampleCallInfo(at: number, serial: number): object {
  return {
    callID: `C${900_000 + serial}`,
    callingNumber: '12025550199',
    lineAddress: 'US',
    callStatus: 1,
    callStartTs: at - 65,
    callAnswerTs: at - 58,
    callEndTs: at - 3,
    callDuration: 55,
    callAudioUrl: `https://audio.example.com/C${900_000 + serial}.mp3?x=1&y=2`,
    hangupCause: 'NORMAL_CLEARING',
    termSipCode: '200',
    intents: [{ intentID: 'I1', intentTag: 'A', intentName: '有意向', intentLevel: 1 }],
    sms: [{ smsSendTs: at - 2, sysMessageID: `M${serial}`, smsContent: '感谢您的接听 📞' }],
    agent: null,
    params: [
      { name: '套餐', value: '畅享版' },
      { name: 'balance', value: null },
    ],
  };
}
