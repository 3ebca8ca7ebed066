/** All that changes how the text around it looks. Tabs and ends of lines are shown as what they do. */
const CONTROLS = /(?![\t\n\r])[\p{Cc}\p{Bidi_Control}\ufeff]/gu;

/** Makes controls visible by their number: ESC as [U+001B], which fonts without pictures of controls show as well. */
export function showControls(text: string): string {
  return text.replace(
    CONTROLS,
    (control) => `[U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
}

/** On one line, with controls visible, cut where it gets too long to be a name. */
export function showName(text: string, maxLength = 300): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return showControls(cut.replace(/\s+/g, ' '));
}
