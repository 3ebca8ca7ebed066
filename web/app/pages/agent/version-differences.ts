import type { VersionDetailFragment } from '../../generated/graphql';

/** One setting in each of the versions compared; null = the version does not have it. */
export interface SettingRow {
  /** Where it stands: "model", "config.limits.steps". */
  path: string;
  values: (string | null)[];
  isDifferent: boolean;
}

/** Deeper objects, and all arrays, are compared as one JSON text. */
const MOST_LEVELS = 6;
/** Settings of one version beyond this are left out: a configuration may have a million keys. */
export const MOST_SETTINGS = 500;

/** The settings of all versions given, in the order in which they first name them. */
export function compareVersions(versions: readonly VersionDetailFragment[]): SettingRow[] {
  const settings = versions.map(settingsOf);
  const paths = new Set(settings.flatMap((of) => [...of.keys()]));
  return [...paths].map((path) => {
    const found = settings.map((of) => of.get(path) ?? null);
    const isDifferent = found.some((setting) => setting?.json !== found[0]?.json);
    // A text that looks like the number beside it stands in its quotes.
    const isAlike = isDifferent && found.every((setting) => setting?.text === found[0]?.text);
    const values = found.map((setting) => setting && (isAlike ? setting.json : setting.text));
    return { path, values, isDifferent };
  });
}

interface Setting {
  text: string;
  json: string;
}

function settingsOf({ provider, model, config }: VersionDetailFragment): Map<string, Setting> {
  const settings = new Map<string, Setting>();
  if (provider !== null) settings.set('provider', settingOf(provider));
  if (model !== null) settings.set('model', settingOf(model));
  flatten('config', config, settings, 0);
  return settings;
}

function settingOf(value: unknown): Setting {
  const json = JSON.stringify(value, null, 2);
  return { text: typeof value === 'string' ? value : json, json };
}

function flatten(path: string, value: unknown, settings: Map<string, Setting>, level: number): void {
  if (settings.size >= MOST_SETTINGS) return;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || level >= MOST_LEVELS) {
    settings.set(path, settingOf(value));
    return;
  }
  // A loop that can end early: Object.entries would make a pair of each of a million keys.
  for (const key in value) {
    if (settings.size >= MOST_SETTINGS) return;
    flatten(`${path}.${key}`, (value as Record<string, unknown>)[key], settings, level + 1);
  }
}
