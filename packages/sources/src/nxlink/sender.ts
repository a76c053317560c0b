import type { Sender } from '@ringback/contracts';
import { readRetCode } from '../http/ret-code.ts';
import { MS_PER_S } from '../http/time.ts';
import type { NxlinkSettings } from './config.ts';
import { computeSign } from './signature.ts';

const BIZ_TYPE = '100';
const ACTION = 'nxai';

export function createNxlinkSender({ settings }: { settings: NxlinkSettings }): Sender {
  const { accounts, path } = settings;
  return {
    readAnswer: readRetCode,
    accounts: accounts.map(({ accessKey }) => accessKey),
    path: () => path,
    sample: ({ kind, at, status = 3, serial = 1 }) =>
      JSON.stringify(kind === 'call' ? sampleCall(Math.floor(at / MS_PER_S), serial) : sampleTask(status, serial)),
    sign({ account: wanted, body, at }) {
      const account = accounts.find(({ accessKey }) => (wanted ?? accessKey) === accessKey);
      if (!account) throw new TypeError(`no account ${wanted}`);
      const { accessKey, accessSecrets: [secret] = [] } = account;
      const ts = String(at);
      const headers = { 'content-type': 'application/json', accessKey, ts, bizType: BIZ_TYPE, action: ACTION };
      if (!secret) return headers;
      const [action, bizType] = [Buffer.from(ACTION), Buffer.from(BIZ_TYPE)];
      const parts = { accessKey: Buffer.from(accessKey), action, bizType, ts: Buffer.from(ts), body };
      return { ...headers, sign: computeSign(secret.reveal(), parts) };
    },
  };
}

function sampleTask(status: number, serial: number): object {
  return {
    taskId: `T${100_000 + serial}`,
    userTaskId: `spring-renewal-${serial}`,
    autoFlowId: 'F2048',
    other: '',
    taskStatus: status,
  };
}

function sampleCall(at: number, serial: number): object {
  return {
    taskId: 'T100001',
    userTaskId: 'spring-renewal-1',
    autoFlowId: 'F2048',
    other: '{"crmId":"C-7781"}',
    contactId: `K${500_000 + serial}`,
    callId: `C${900_000 + serial}`,
    callStatus: 1,
    callResult: 'NORMAL_CLEARING',
    callerPhone: '12025550199',
    calleePhone: `1202555${String(100 + (serial % 100)).padStart(4, '0')}`,
    callStart: at - 65,
    callAnswer: at - 58,
    callEnd: at - 3,
  };
}
