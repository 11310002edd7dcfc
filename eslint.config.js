import js from "@eslint/js";

// TypeScript detects unknown names (tsconfig.json), so no list of browser globals is needed here.
export default [
  {
    files: ["**/*.js"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...js.configs.recommended.rules,
      "no-undef": "off",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "array-callback-return": "error",
      "default-case-last": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-duplicate-imports": "error",
      "no-implicit-coercion": "error",
      "no-param-reassign": "error",
      "no-promise-executor-return": "error",
      "no-self-compare": "error",
      "no-shadow": "error",
      "no-template-curly-in-string": "error",
      "no-unmodified-loop-condition": "error",
      "no-unreachable-loop": "error",
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
      "no-useless-assignment": "error",
      "no-useless-return": "error",
      "no-var": "error",
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "@ts-"], location: "anywhere" }],
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
  {
    // Pages load these as plain scripts.
    files: ["tests/browser/*.js"],
    languageOptions: { sourceType: "script" },
    rules: { "no-implicit-globals": "off", "no-unused-vars": ["error", { vars: "local" }] },
  },
];
