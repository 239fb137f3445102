// The measures of Microsoft's published host config for Teams, with the colours of its current design.

const sizes = { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 };
const weights = { lighter: 200, default: 400, bolder: 600 };

const tones = {
  light: {
    text: ["#242424", "#616161"],
    foreground: { accent: "#5b5fc7", good: "#0e700e", warning: "#bc4b09", attention: "#c50f1f" },
    background: { default: "#ffffff", emphasis: "#f5f5f5", accent: "#e8ebfa", good: "#f1faf1", warning: "#fff9f5", attention: "#fdf3f4" },
    line: "#e8e8e8",
  },
  dark: {
    text: ["#ffffff", "#adadad"],
    foreground: { accent: "#9ea2ff", good: "#6bc26b", warning: "#faa06b", attention: "#f1808a" },
    background: { default: "#292929", emphasis: "#333333", accent: "#2f2f4a", good: "#0c2d0c", warning: "#3d1f08", attention: "#3b0f14" },
    line: "#474747",
  },
};

const pair = (colour, subtle = colour) => ({ default: colour, subtle });
const inBoth = (make) => Object.fromEntries(["default", "monospace"].map((name) => [name, make(name)]));

export function hostConfig(theme) {
  const { text, foreground, background, line } = tones[theme];
  const foregroundColors = {
    default: pair(...text),
    dark: pair("#242424", "#616161"),
    light: pair("#ffffff", "#d6d6d6"),
    ...Object.fromEntries(Object.entries(foreground).map(([name, colour]) => [name, pair(colour)])),
  };
  const fact = { size: "Default", color: "Default", isSubtle: false, wrap: true };
  return {
    supportsInteractivity: true,
    spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
    separator: { lineThickness: 1, lineColor: line },
    imageSizes: { small: 32, medium: 52, large: 100 },
    fontTypes: inBoth((name) => ({
      fontFamily: name === "default" ? "var(--teams-font)" : "var(--mono-font)",
      fontSizes: sizes,
      fontWeights: weights,
    })),
    textStyles: { heading: { fontType: "default", size: "large", weight: "bolder", color: "default", isSubtle: false } },
    textBlock: { headingLevel: 4 },
    containerStyles: Object.fromEntries(
      Object.entries(background).map(([name, backgroundColor]) => [name, { backgroundColor, borderColor: line, foregroundColors }]),
    ),
    actions: {
      maxActions: 6, spacing: "Default", buttonSpacing: 8, actionsOrientation: "Horizontal", actionAlignment: "Left",
      showCard: { actionMode: "Inline", inlineTopMargin: 16, style: "emphasis" },
    },
    adaptiveCard: { allowCustomStyle: false },
    factSet: { title: { ...fact, weight: "Bolder" }, value: { ...fact, weight: "Default" }, spacing: 16 },
    table: { cellSpacing: 8 },
  };
}
