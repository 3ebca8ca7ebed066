import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions } from 'playwright-core';

/** Everything goes to the proxy, this machine's own addresses as well. */
const noBypass = '<-loopback>';

/** Where nobody listens: what belongs to no page has nowhere to go. */
const nowhere = { server: 'http://127.0.0.1:9', bypass: noBypass };

const switches = [
  // In a container there is rarely a user that a sandbox could be made for.
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-pings',
  // Names are looked up by the proxy alone.
  '--dns-prefetch-disable',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  // UDP knows no proxy.
  '--disable-quic',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
];

/** Starts a Chromium that ends when this process does, and that keeps everything in the folder. */
export async function launchChromium(path: string, folder: string, timeoutMs: number): Promise<Browser> {
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: path,
    artifactsDir: join(folder, 'artifacts'),
    timeout: timeoutMs,
    // Secrets in the environment of this process are none of its business.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8' },
    args: switches,
    proxy: nowhere,
    acceptDownloads: false,
    serviceWorkers: 'block',
    // The server stops its parts itself, in order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  const browser = context.browser();
  if (!browser) throw new Error('Chromium started, and cannot be spoken to.');
  return browser;
}

/** What every page has: all that goes out goes to its own proxy. */
export function pageContext(proxyUrl: string, userAgent: string): BrowserContextOptions {
  return {
    proxy: { server: proxyUrl, bypass: noBypass },
    userAgent,
    acceptDownloads: false,
    serviceWorkers: 'block',
    permissions: [],
  };
}

/** Runs in each frame before its scripts. What is taken away here could not get out anyway; so it does not even try. */
export const takeAway = `for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel', 'WebTransport'])
  delete globalThis[name];`;
