import { useEffect, useRef, useState } from 'react';

/** How long typing pauses before what was typed is taken over. */
const PAUSE_MS = 300;

/** A text while it is typed: taken over when typing pauses or the field is left; follows the value when that changes. */
export function useDraft(value: string, onCommit: (text: string) => void) {
  const [draft, setDraft] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const committed = useRef(value);
  useEffect(() => {
    // Only what came from elsewhere: one's own text comes back trimmed, under the cursor.
    if (value !== committed.current) setDraft(value);
    committed.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const commit = (text: string) => {
    clearTimeout(timer.current);
    const trimmed = text.trim();
    if (trimmed === committed.current) return;
    committed.current = trimmed;
    onCommit(trimmed);
  };
  return {
    value: draft,
    onChange: (text: string) => {
      setDraft(text);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => commit(text), PAUSE_MS);
    },
    onBlur: () => commit(draft),
  };
}
