import { useState } from 'react';
import { Button } from './Button';
import { useToasts } from './Toasts';

interface Props {
  text: string | (() => string);
  label?: string;
  /** For one piece among many. */
  isSmall?: boolean;
}

/** Puts a text on the clipboard and says so. */
export function CopyButton({ text, label = 'Copy', isSmall = false }: Props) {
  const [isCopied, setCopied] = useState(false);
  const toasts = useToasts();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text());
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
    } catch {
      // Browsers keep the clipboard to pages of https and of this machine.
      toasts.show({
        tone: 'bad',
        text: 'The browser did not allow copying; select the text and copy it by hand.',
      });
    }
  };
  return (
    <Button look={isSmall ? 'small' : 'plain'} onPress={() => void copy()}>
      <span aria-live="polite">{isCopied ? 'Copied ✓' : label}</span>
    </Button>
  );
}
