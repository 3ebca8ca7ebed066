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
      await toClipboard(typeof text === 'string' ? text : text());
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
    } catch {
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

/** Browsers keep their clipboard to pages of https and of this machine: on others, a text that is marked can be copied. */
async function toClipboard(text: string): Promise<void> {
  if (isSecureContext) return navigator.clipboard.writeText(text);
  const focused = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  // oxlint-disable-next-line typescript/no-deprecated -- there is no other way here
  const isCopied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!isCopied) throw new Error('The browser did not allow copying.');
}
