import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig, settingNames } from './config.js';

function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  test('has a default for everything', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      PORT: 4000,
      HOST: '127.0.0.1',
      BINNACLE_HOME: '.binnacle',
      REGISTRATION: 'open',
      INTROSPECTION: true,
    });
    expect(config.DATABASE_URL).toBeUndefined();
    expect(Object.keys(config).every((name) => settingNames.includes(name))).toBe(true);
  });

  test('reads what is set, and takes an empty variable for none', () => {
    expect(
      readConfig({
        PORT: '0',
        INTROSPECTION: 'false',
        DATABASE_URL: 'postgresql://u:p@h:5432/d',
        REDIS_URL: 'rediss://h',
        HOST: '',
        MAX_BATCH: '',
        UNKNOWN: 'x',
        BINNACLE_URL: 'http://x',
      }),
    ).toMatchObject({
      PORT: 0,
      INTROSPECTION: false,
      HOST: '127.0.0.1',
      MAX_BATCH: 10,
      DATABASE_URL: 'postgresql://u:p@h:5432/d',
    });
  });

  test('names everything that is wrong, in one message', () => {
    const wrong = {
      PORT: '65536',
      DATABASE_URL: 'mysql://x',
      REDIS_URL: 'localhost:6379',
      JWT_SECRET: 'short',
      REGISTRATION: 'maybe',
      LOG_LEVEL: 'loud',
      INTROSPECTION: 'yes',
      MAX_BATCH: 'ten',
      MAX_BODY_BYTES: '1.5e4.2',
      LIVE_SWEEP_MS: '100.5',
      EGRESS_ALLOW: '10.0.0.0/8, http://example.org',
      MAX_STEPS: '5',
    };
    const problems = problemsOf(wrong);
    expect(new Set(problems.map((problem) => problem.split(' ')[0]))).toEqual(new Set(Object.keys(wrong)));
    expect(problems).toHaveLength(Object.keys(wrong).length);
    expect(problems).toContain('PORT must be 65535 or less');
    expect(problems).toContain('JWT_SECRET must have 32 characters or more');
    expect(problems).toContain('MAX_STEPS is not a setting of Binnacle; see the README for their names');
    expect(() => readConfig(wrong)).toThrow(
      /^Binnacle did not start, because of wrong settings:\n {2}- PORT .*\n {2}- /,
    );
  });

  test.each(['-1', '4000x', ' ', '0x10', '1e3', 'NaN', 'Infinity', '40 00'])('%j is no port', (PORT) => {
    expect(problemsOf({ PORT })).toHaveLength(1);
  });

  test('keeps secrets out of what it says', () => {
    expect(
      problemsOf({ JWT_SECRET: 'hunter2', DATABASE_URL: 'http://user:hunter2@host' }).join(),
    ).not.toContain('hunter2');
  });
});
