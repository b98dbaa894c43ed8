import { defineConfig } from 'eslint/config'
import { importX } from 'eslint-plugin-import-x'
import svelte from 'eslint-plugin-svelte'
import tseslint from 'typescript-eslint'

/** The rooms of src-main, a step per line. Each may import only rooms of the steps before its own. */
const STEPS = [
  ['contract'],
  ['base', 'protocol'],
  ['os'],
  ['net', 'traffic', 'rpc'],
  ['ports', 'sessions'],
  ['bridge'],
  ['capture', 'peers', 'store'],
  ['core'],
  ['hosts']
]

/** For each room: everything of src-main that is neither the room itself nor of an earlier step is out of bounds. */
const zones = STEPS.flatMap((rooms, step) =>
  rooms.map((room) => ({
    target: `./src-main/${room}`,
    from: './src-main',
    except: [
      `./${room}`,
      ...STEPS.slice(0, step)
        .flat()
        .map((earlier) => `./${earlier}`)
    ],
    message: `${room} may import only itself and ${STEPS.slice(0, step).flat().join(', ') || 'nothing else'}.`
  }))
)

/** What the page may know of src-main: nothing that needs Node, and nothing that opens a port. */
const RENDERER_ZONE = {
  target: './src-renderer',
  from: './src-main',
  except: ['./contract', './base', './traffic', './rpc'],
  message: 'The page may import only contract, base, traffic and rpc.'
}

/** Packages that only one room may touch. */
const OWNED = [
  ['os', ['koffi', '@serialport/*', 'serialport']],
  ['hosts/electron', ['electron']]
]

/** Nobody but their owners imports them. */
const notOwnedBy = (owner) => ({
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: OWNED.filter(([room]) => room !== owner).map(([room, group]) => ({
          group,
          message: `Only src-main/${room} imports this.`
        }))
      }
    ]
  }
})

/** Everything. Of the page's components the types are looked at too, at half a second each: `npm run lint:page`. */
export const whole = defineConfig(
  { ignores: ['dist/', 'release/', 'node_modules/', 'test/fixtures/'] },
  {
    files: ['**/*.ts', '**/*.svelte'],
    extends: [
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
      svelte.configs['flat/recommended'],
      svelte.configs['flat/prettier']
    ],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
        parser: tseslint.parser
      }
    },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] }
    },
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        { basePath: import.meta.dirname, zones: [...zones, RENDERER_ZONE] }
      ],
      // Cycles: test/cycles.test.ts.
      'import-x/no-default-export': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }]
    }
  },
  { files: ['src-main/**', 'src-renderer/**'], ...notOwnedBy() },
  ...OWNED.map(([room]) => ({ files: [`src-main/${room}/**`], ...notOwnedBy(room) })),
  {
    files: ['src-main/hosts/electron/**'],
    rules: {
      // A dialog that waits stops every port: one process has them all.
      'no-restricted-properties': [
        'error',
        ...['showMessageBoxSync', 'showOpenDialogSync', 'showSaveDialogSync', 'showErrorBox'].map(
          (property) => ({
            object: 'dialog',
            property,
            message: 'It blocks, and ports with it.'
          })
        )
      ]
    }
  },
  { files: ['*.config.ts'], rules: { 'import-x/no-default-export': 'off' } },
  { files: ['test/**'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } }
)

/** What `npm run lint` says: all but that. */
export default defineConfig(whole, { files: ['**/*.svelte'], extends: [tseslint.configs.disableTypeChecked] })
