/** What shall be delivered before a program ends. */
export interface Leaving {
  /** The program has nothing else to do. */
  beforeExit(): void;
  /** The program ends now. */
  exit(): void;
}

interface NodeProcess {
  process?: { on?: (event: 'beforeExit' | 'exit', listener: () => void) => unknown };
}

const open = new Set<Leaving>();
let isListening = false;

/** Has it told when the program ends, where the runtime says so. @returns takes it out again */
export function onExit(leaving: Leaving): () => void {
  open.add(leaving);
  if (!isListening) {
    isListening = true;
    const { process } = globalThis as NodeProcess;
    // One listener for all clients of the process.
    process?.on?.('beforeExit', () => {
      for (const each of open) each.beforeExit();
    });
    process?.on?.('exit', () => {
      for (const each of open) each.exit();
    });
  }
  return () => void open.delete(leaving);
}
