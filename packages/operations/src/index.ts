export { type CallbackFilter, cleanId, FILTER_STATES, fitsResting, historyFilterOf, restFilterOf } from './filter.ts';
