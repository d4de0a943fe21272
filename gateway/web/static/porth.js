// Starts the design system's components, here and in whatever htmx puts on the page.
import { initAll } from './nhsuk.js'

document.body.classList.add('js-enabled', 'nhsuk-frontend-supported')
initAll()
document.addEventListener('htmx:afterSettle', (event) => initAll({ scope: event.target }))
