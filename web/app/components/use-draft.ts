import { useEffect, useEffectEvent, useRef, useState } from 'react';

/** How long typing pauses before what was typed is taken over. */
const PAUSE_MS = 300;

/**
 * A text while it is typed: taken over when typing pauses, the field is left, or what it stands in is closed; follows the
 * value when that changes.
 */
export function useDraft(value: string, onCommit: (text: string) => void) {
  const [draft, setDraft] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const committed = useRef(value);
  const typed = useRef(value);
  useEffect(() => {
    // Only what came from elsewhere: one's own text comes back trimmed, under the cursor.
    if (value !== committed.current) {
      setDraft(value);
      typed.current = value;
    }
    committed.current = value;
  }, [value]);
  const commit = () => {
    clearTimeout(timer.current);
    const trimmed = typed.current.trim();
    if (trimmed === committed.current) return;
    committed.current = trimmed;
    onCommit(trimmed);
  };
  const commitAtEnd = useEffectEvent(commit);
  useEffect(() => () => commitAtEnd(), []);
  return {
    value: draft,
    onChange: (text: string) => {
      setDraft(text);
      typed.current = text;
      clearTimeout(timer.current);
      timer.current = setTimeout(commit, PAUSE_MS);
    },
    onBlur: commit,
  };
}
