import { describeSourceConformance } from '@ringback/testkit';
import { sampleBody } from './samples.ts';
import { callbot } from './source.ts';

const task = JSON.parse(sampleBody({ kind: 'task', at: 1_700_000_000 })) as object;

describeSourceConformance({
  type: callbot,
  settings: { accounts: [{ uuid: 'acc', secrets: ['first-secret', 'second-secret'] }], maxSkew: '5m' },
  secrets: ['first-secret', 'second-secret'],
  headers: { sign: 'sign', requestid: 'id', uuid: 'account', createts: 'time' },
  tolerance: 300_000,
  keyIs: 'id',
  unfit: { RB_BODY_INCOMPLETE: {}, RB_BODY_INVALID: { ...task, taskStatus: 'soon' } },
});
