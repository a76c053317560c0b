export { jsonSchema } from './json-schema.ts';
export { ingressParts, routesDigest, type SettingsParts, workerParts } from './settings-parts.ts';
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
export { unknownName } from './wording.ts';
