// The one script of every page. All pages work without it: it only makes them quicker.
import "htmx.org";
import "./behaviour/requests.js";
import "./behaviour/forms.js";
import "./behaviour/keyboard.js";
import "./behaviour/menus.js";
import "./behaviour/copying.js";
import "./behaviour/colours.js";
import "./behaviour/toasts.js";
import "./behaviour/pictures.js";
import "./behaviour/books.js";
import "./behaviour/tabs.js";
import "./behaviour/sums.js";
import "./behaviour/inbox.js";
import "./behaviour/rows.js";
import "./behaviour/meeting.js";
import "./behaviour/chains.js";
import "./behaviour/arranging.js";
