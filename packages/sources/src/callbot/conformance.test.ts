import { describeSourceConformance } from '@ringback/testkit';
import { callbot } from './source.ts';

// Its bodies have a schema: what only the suite's own body lacks is for body.test.ts.
describeSourceConformance({
  type: callbot,
  settings: { accounts: [{ uuid: 'acc', secrets: ['first-secret', 'second-secret'] }], maxSkew: '5m' },
  secrets: ['first-secret', 'second-secret'],
  headers: ['sign', 'requestid', 'uuid', 'createts'],
  tolerance: 300_000,
  keyIs: 'id',
});
