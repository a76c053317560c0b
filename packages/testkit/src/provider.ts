import { createHash } from 'node:crypto';
import { SAMPLE_ACCOUNT } from './interface-settings.ts';

export type ProviderAnswer = {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { retCode: number; retMsg: string; responseID: string };
};

export type CallbackOptions = {
  readonly ingress: string;
  readonly requestID: string;
  readonly body?: string;
  readonly path?: string;
  /** Default: that of the sample account. */
  readonly secret?: string;
  /** Further ones, or others. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** As the provider documents it. */
export function taskBody(overrides: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    callbackType: 1,
    userTaskID: 'ut-0001',
    taskID: 't-0001',
    sceneID: 's-01',
    taskStatus: 3,
    createTs: 1700000000,
    taskStat: {
      answerOrderCount: 7,
      finishOrderCount: 9,
      totalOrderCount: 10,
      finishRate: 0.9,
      totalAnswerCall: 7,
      totalCall: 21,
      answerRate: 0.33,
    },
    ...overrides,
  });
}

export type SignedParts = Readonly<Record<'body' | 'createTs' | 'requestID' | 'uuid', string | Buffer>> & {
  readonly secret?: string | undefined;
};

/** The documented rule (MD5), written independently of the code under test. */
export function sign({ body, createTs, requestID, uuid, secret = SAMPLE_ACCOUNT.secret }: SignedParts): string {
  const hash = createHash('md5').update(`${secret}&body=`).update(body);
  for (const [name, value] of Object.entries({ createTs, requestID, uuid })) hash.update(`&${name}=`).update(value);
  return hash.digest('hex').toUpperCase();
}

export async function postCallback({
  ingress,
  requestID,
  body = taskBody(),
  path = '/api/v3/taskCallback',
  secret,
  headers = {},
}: CallbackOptions): Promise<ProviderAnswer> {
  const { uuid } = SAMPLE_ACCOUNT;
  const createTs = String(Math.floor(Date.now() / 1000));
  const response = await fetch(new URL(path, ingress), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      requestId: requestID,
      uuid,
      createTs,
      sign: sign({ body, createTs, requestID, uuid, secret }),
      ...headers,
    },
    body,
    signal: AbortSignal.timeout(60_000),
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each test checks what it uses
  const answer = (await response.json()) as ProviderAnswer['body'];
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: answer }; // each test checks what it uses
}
