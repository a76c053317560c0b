export { compareSettings, type SettingsChange } from './compare.ts';
export { inSteps } from './in-steps.ts';
export { jsonSchema } from './json-schema.ts';
export { encryptsAs, ingressParts, partsAtOnce, routesDigest, type SettingsParts, workerParts } from './settings-parts.ts';
export { requireSettingsFile, settingsFile } from './settings-file.ts';
export {
  type Config,
  inspectConfig,
  type InspectedConfig,
  loadConfig,
  type LoadOptions,
  type OutputConfig,
  type SourceConfig,
} from './load.ts';
export { type App, BUILT_IN, restartedFor } from './needs-restart.ts';
export { DEFAULT_ADMIN_PORTS, listenPort } from './app-ports.ts';
export { createReloader, type Reloader, type ReloaderOptions } from './reloader.ts';
export { salvageConfig } from './salvage.ts';
export { createSettingsReader } from './settings-reader.ts';
export { unknownName } from './wording.ts';
