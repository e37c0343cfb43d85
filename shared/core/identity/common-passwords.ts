/**
 * Words that people choose first, in lower case and without decoration. Small on purpose: the policy takes digits, signs
 * and look-alikes off before it looks here, so one entry stands for thousands of passwords.
 */
const GENERAL = `password passwort passwd pass passcode passphrase letmein welcome welcomeback login signin admin administrator
root superuser sysadmin default changeme change secret secrets private access master guest user username test tester testing
demo example sample temp temporary trustno nothing whatever unknown hello hellothere goodbye please thankyou iloveyou loveyou
love lover lovely forever always friend friends family mother father sister brother daughter husband wife baby babygirl`;

const NATURE = `sunshine summer winter spring autumn january february march april june july august september october november
december monday tuesday wednesday thursday friday saturday sunday flower flowers butterfly rainbow ocean river mountain
forest thunder lightning snow snowball storm star stars moon galaxy angel heaven dragon monkey tiger lion eagle falcon
phoenix wolf bear panda kitten kitty puppy dolphin horse chicken turtle spider`;

const PLACES = `london paris berlin madrid rome moscow newyork california texas florida chicago boston dallas america canada
mexico india china japan germany france england ireland italy brazil australia europe`;

const PLAY = `football baseball basketball soccer hockey tennis golf cricket rugby superman batman spiderman ironman starwars
pokemon pikachu naruto mario zelda minecraft fortnite warcraft matrix gandalf hogwarts princess prince queen king knight
ninja pirate wizard hunter ranger killer shadow ghost joker jordan ferrari porsche mercedes mustang harley yamaha corvette
cheese chocolate cookie banana cherry apple orange peaches pepper ginger coffee pizza whiskey guitar music computer internet
google facebook samsung microsoft windows linux android iphone cloudflare aima`;

const NAMES = `michael michelle jennifer jessica ashley amanda daniel david andrew matthew joshua robert thomas william george
charlie charles anthony joseph jonathan nicholas nicole alexander alexandra samantha elizabeth victoria maria anna peter
martin stefan maggie buster bailey max cooper rocky lucky sophie oliver hannah`;

const RUNS = `qwerty qwertz azerty qwertyuiop qwertzuiop asdf asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc poiuytrewq
abc abcd abcde abcdef abcdefg abcdefgh aaaaaaaa qweasd qweasdzxc zaqwsx 12345678 123456789 1234567890 11111111 00000000
1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc abc123 a1b2c3d4 qwerty123 q1w2e3r4 zaq12wsx pass1word`;

export const COMMON_WORDS: ReadonlySet<string> = new Set(
  [GENERAL, NATURE, PLACES, PLAY, NAMES, RUNS].join(" ").split(/\s+/),
);
