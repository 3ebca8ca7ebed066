import { useState } from 'react';
import { Button } from '../components/Button';
import { applyTheme, readTheme, type Theme } from './theme';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const SIGNS: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' };

/** Goes through the system's theme, light and dark. */
export function ThemeToggle() {
  const [theme, setTheme] = useState(readTheme);
  return (
    <Button
      look="quiet"
      aria-label={`Theme: ${theme}. Change to ${NEXT[theme]}.`}
      onPress={() => {
        applyTheme(NEXT[theme]);
        setTheme(NEXT[theme]);
      }}
    >
      <span aria-hidden="true">{SIGNS[theme]}</span>
    </Button>
  );
}
