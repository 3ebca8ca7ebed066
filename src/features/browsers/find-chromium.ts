import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What Chromium and the browsers made of it are called on the PATH. */
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

/** Where they are put by those who do not put them on the PATH. */
const places = [
  ...['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/homebrew/bin'].flatMap((folder) =>
    names.map((name) => `${folder}/${name}`),
  ),
  '/opt/google/chrome/chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Chromium\\Application\\chrome.exe',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** The program, or why there is none. */
export type FoundChromium = { path: string } | { reason: string };

/** @param given CHROMIUM_PATH; where it names no program, no other is taken in its place */
export async function findChromium(given: string | undefined): Promise<FoundChromium> {
  if (given !== undefined) {
    if (await isProgram(given)) return { path: given };
    return {
      reason: `CHROMIUM_PATH names ${given}, which is not a program that can be run. Name a Chromium there, or leave it out to have one found.`,
    };
  }
  for (const path of [...(await onPath()), ...places]) if (await isProgram(path)) return { path };
  return {
    reason:
      'There is no Chromium on this machine. Install Chromium or Google Chrome, or name its program in CHROMIUM_PATH, and start Binnacle again.',
  };
}

async function onPath(): Promise<string[]> {
  if (process.platform === 'win32') return [];
  const script = names.map((name) => `command -v ${name}`).join('; ');
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `${script}; true`]).catch(() => ({
    stdout: '',
  }));
  return stdout.split('\n').filter((path) => path.startsWith('/'));
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
