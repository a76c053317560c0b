import { everyCrashPoint } from './crash-points/every-crash-point.ts';
import { historyStory, historyStoryDefaults } from './history-story/story.ts';
import type { Run, Scenario } from './scenario.ts';
import { everyRestPoint } from './rest-points/every-rest-point.ts';
import { blockedLog } from './scenarios/blocked-log.ts';
import { breakDestinations } from './scenarios/break-destinations.ts';
import { breakNetwork } from './scenarios/break-network.ts';
import { breakSettings } from './scenarios/break-settings.ts';
import { deadOutputSmallRedis } from './scenarios/dead-output-small-redis.ts';
import { busyCoreWithHistory, busyCoreWithoutHistory } from './scenarios/busy-core.ts';
import { duplicateStorm } from './scenarios/duplicate-storm.ts';
import { failOverCluster, failOverClusterEverysec, failOverSentinel, failOverSentinelEverysec } from './scenarios/fail-over.ts';
import { fillHistory } from './scenarios/fill-history.ts';
import { fillRedis } from './scenarios/fill-redis.ts';
import { fillSpool } from './scenarios/fill-spool.ts';
import { forgetScripts } from './scenarios/forget-scripts.ts';
import { freezeRedis } from './scenarios/freeze-redis.ts';
import { killHistory } from './scenarios/kill-history.ts';
import { killIngress } from './scenarios/kill-ingress.ts';
import { killRedisAlways, killRedisEverysec } from './scenarios/kill-redis.ts';
import { killWhileSpooling } from './scenarios/kill-while-spooling.ts';
import { killWorker } from './scenarios/kill-worker.ts';
import { parkAndReturn, parkAndReturnPostgres } from './scenarios/park-and-return.ts';
import { readOnlyRedis } from './scenarios/read-only-redis.ts';
import { restartAll } from './scenarios/restart-all.ts';
import { rollingSettings } from './scenarios/rolling-settings.ts';
import { silentSenders } from './scenarios/silent-senders.ts';

/** In running order. */
export const scenarios: readonly (Scenario | Run)[] = [
  killIngress,
  killWorker,
  killRedisAlways,
  killRedisEverysec,
  freezeRedis,
  forgetScripts,
  fillRedis,
  deadOutputSmallRedis,
  parkAndReturn,
  parkAndReturnPostgres,
  readOnlyRedis,
  breakNetwork,
  breakDestinations,
  duplicateStorm,
  restartAll,
  breakSettings,
  rollingSettings,
  blockedLog,
  killWhileSpooling,
  fillSpool,
  killHistory,
  fillHistory,
  busyCoreWithHistory,
  busyCoreWithoutHistory,
  silentSenders,
  failOverSentinel,
  failOverSentinelEverysec,
  failOverCluster,
  failOverClusterEverysec,
  historyStory,
  historyStoryDefaults,
  everyCrashPoint,
  everyRestPoint,
];
