/**
 * Passwords of 10 characters or more that turn up again and again wherever passwords have leaked, in lower case.
 * Words with a few digits or signs around them are caught by `commonWords` instead of being listed here.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `
  0123456789 0987654321 1029384756 1111111111 1122334455 1123581321 11223344556677 1212121212 1231231231 1231231234
  123123123123 1234512345 123456123456 123456654321 1234567890 12345678900 12345678901 123456789012 1234567891
  12345678910 1234567891011 123456789123 123456789a 123456789abc 123456789z 123456789q 123456789qwe 123456789qwerty
  123456789s 123456789d 123456789m 123456789o 123456789w 123456789x 1234567899 12345qwert 1234qwerasdf 123qweasdzxc
  123qwe123qwe 123abc456def 1357924680 1478523690 147258369a 147852369a 1593572468 159357258456 1597534862
  1a2b3c4d5e 1a2s3d4f5g 1q1q1q1q1q 1q2w3e4r5t 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i 1qa2ws3ed4 1qa2ws3ed4rf
  1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc 1qazxsw2@ 1qaz@wsx3edc 1qaz!qaz2wsx 2222222222 2wsx3edc4rfv 3rjs1la7qe
  4815162342 5555555555 6666666666 7777777777 7894561230 789456123a 8888888888 9638527410 9876543210 987654321a 9999999999
  a123456789 a1234567890 a1b2c3d4e5 a1b2c3d4e5f6 aa12345678 aa123456789 aaa1234567 aaaaaaaaaa abc1234567 abc123abc123
  abc123456789 abcd123456 abcd1234567 abcd12345678 abcdef1234 abcdef12345 abcdef123456 abcdefghij abcdefghijk adgjmptw12
  administrator admin123456 adminadmin adobe123456 alexander1 alexandria amsterdam1 anastasia1 andromeda1 angelfish1
  applepie12 arsenal123 asd123asd123 asdasd123123 asdasdasd1 asdasdasdasd asdf123456 asdf1234asdf asdfasdfasdf
  asdfghjkl1 asdfghjkl123 asdfghjkl; asdfghjklz asdqwe123456 asdzxc123456 asdfqwerzxcv azertyuiop azerty123456 az1qsx2dc3
  babygirl12 babygirl123 backstreet baseball12 basketball basketball1 beautiful1 beautiful12 bestfriend bestfriends
  billabong1 birthday12 blackberry blackberry1 blackberry2 blackbird1 blackjack1 blacklabel bluebird12 bondage123
  bonjour123 booboo1234 brandon123 bubblegum1 budweiser1 bulldogs12 butterfly1 butterfly12 butterfly7 butterflys
  california california1 carolina12 casablanca catherine1 challenger champagne1 changeme123 changeme1234 changeit123
  charlie123 cheerleader chelsea123 chewbacca1 chicago123 chickennugget chocolate1 chocolate12 chocolate2 christian1
  christina1 christmas1 christopher cinderella cinderella1 cleopatra1 cocacola12 colombia12 commander1 community1
  computer12 computer123 confidential contrasena contrasenia contraseña1 cooldude12 counterstrike cowboys123 crossroads
  dallas1234 daniel1234 darkknight darkness12 december12 default123 defaultpassword deutschland diamond123 dictionary
  dinosaur12 disneyland dominique1 donotenter dontforget dragonball dragonball1 dragonballz dragon1234 dragonfly1
  dreamcatcher eastenders einstein12 elephant12 elizabeth1 elizabeth2 emmanuelle enterprise enterprise1 everything
  everybody1 excalibur1 explorer12 f00tball12 familyguy1 fernando10 fernandez1 firebird12 firefighter fireworks1 fishing123
  florida123 flower1234 football10 football11 football12 football123 football1234 football99 forever123 foreverlove
  freedom123 friendship friendster friends123 frankenstein fuckoff123 fuckyou123 fuckyou1234 fuckyoubitch fucku12345
  galatasaray gangster12 generation1 ghjcnjgfhjkm gfhjkm1234 gfhjkmgfhjkm gibson1234 gogogogogo goldfish12 goodmorning
  google1234 government grandmother greenday12 greenday123 guitarhero gutentag12 handsome12 happiness1 happybirthday
  harleydavidson harrypotter harrypotter1 hello12345 hello123456 hellohello hellokitty hellokitty1 helloworld helloworld1
  helpme1234 highlander hollywood1 horses1234 hurricane1 iamthebest iamthebest1 iceman1234 iloveme123 iloveu1234
  iloveyou10 iloveyou11 iloveyou12 iloveyou123 iloveyou1234 iloveyou13 iloveyou14 iloveyou143 iloveyou22 iloveyou69
  iloveyou99 iloveyou<3 iloveyoubaby iloveyouso iloveyousomuch ilovegod12 ilovejesus ilovemyself incredible indonesia1
  infinity12 information inlove1234 inspiration international internet12 internet123 invincible jackass123 jackson123
  jamesbond1 jamesbond007 january123 jasmine123 jennifer12 jesuschrist jesuslives jesuslovesme jesus12345 jonathan12
  jordan1234 jordan2323 juventus12 justinbieber justinbieber1 katherine1 killer1234 kingkong12 kristina12 kristine12
  labrador12 lakers2424 lalalalala lalala1234 letmein123 letmein1234 letmeinnow liberty123 lightning1 lollipop12 lovelovelove
  loveme1234 lovely1234 lover12345 loveyou123 loveyou1234 lucky77777 luckystrike m123456789 mahalkoito manchester
  manchester1 manchesterunited manutd1234 margarita1 marijuana1 marlboro12 mastercard masterchief masterkey1 maverick12
  mercedes12 metallica1 metallica123 michael123 michelle12 microsoft1 microsoft123 midnight12 millionaire minecraft1
  minecraft123 mississippi mohammed12 monkey1234 monkey12345 monkeys123 monster123 montgomery motherfucker motherlode
  motorcycle motorola12 mountain12 mustang123 myspace123 myspace1234 mynameis123 mypassword mypassword1 n0password
  naruto1234 nevermind1 newcastle1 newpassword newyork123 newyorkcity nicholas12 nightmare1 nintendo64 nirvana123 nobody1234
  nopassword november11 october123 olivia1234 opensesame orlando123 p0o9i8u7y6 p@$$w0rd12 p@55w0rd12 p@ssw0rd01 p@ssw0rd12
  p@ssw0rd123 p@ssw0rd1234 p@ssw0rd1! p@ssword12 p@ssword123 pa$$w0rd12 pa$$word12 pa55word12 pakistan12 pakistan123
  panasonic1 pantera123 paradise12 pass123456 pass1234567 passpass12 passpass123 passw0rd12 passw0rd123 passw0rd1234
  password00 password01 password10 password11 password12 password123 password1234 password12345 password123456 password13
  password21 password22 password23 password69 password77 password88 password99 password!! password!1 password1! password@1
  password@123 passwordpassword passwort12 passwort123 passwort1234 patricia12 pepper1234 performance peterpan12
  philadelphia phoenix123 photography pineapple1 playboy123 playstation playstation1 playstation2 playstation3 plumber123
  pokemon123 pokemon1234 pokemongo1 poohbear12 portugal12 postgres123 power12345 powerrangers precious12 precision1
  princess10 princess11 princess12 princess123 princess1234 princess13 princesse1 principessa professional prosperity
  pussycat12 q123456789 q1q2q3q4q5 q1w2e3r4t5 q1w2e3r4t5y6 q1w2e3r4t5y6u7 qazqazqaz1 qazwsx1234 qazwsxedc1 qazwsxedc123
  qazwsxedcrfv qazxswedc1 qazxswedc123 qqww1122335566 qweasd1234 qweasdzxc1 qweasdzxc123 qweqwe1234 qweqweqwe1 qweqweqweqwe
  qwer123456 qwer1234asdf qwer1234qwer qwerasdfzxcv qwert12345 qwert123456 qwerty0987 qwerty1234 qwerty12345 qwerty123456
  qwerty1234567 qwerty12345678 qwerty123456789 qwertyasdf qwertyasdfgh qwertyqwerty qwertyui12 qwertyuiop qwertyuiop1
  qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopasdfghjkl qwertz1234 qwertzuiop qwertzuiop1 r00tr00t12 rainbow123
  rangers123 ravenclaw1 realmadrid realmadrid1 rebecca123 redskins12 reggaeton1 revolution rockandroll rockstar12
  rockstar123 rollercoaster ronaldo123 rootroot12 rumpelstiltskin rush2112rush samantha12 samsung123 samsung1234 sandiego12
  sanfrancisco santiago12 scarface12 schumacher scooter123 scorpion12 secret1234 secret12345 secretpassword september1
  september11 shadow1234 shithead12 shooting12 silverado1 simpsons12 skateboard skateboarding skywalker1 slipknot12
  slipknot666 slipknot123 smackdown1 smokeweed1 smokeweed420 snickers12 snoopy1234 snowball12 snowboard1 snowboarding
  soccer1234 softball12 someday123 something1 southpark1 spiderman1 spiderman12 spiderman123 spongebob1 spongebob12
  spongebob123 springfield sputnik123 stalker123 starcraft1 starcraft2 starwars12 starwars123 steelers12 stephanie1 strawberry
  strawberry1 stronghold student123 summer1234 summertime sunflower1 sunflower12 sunshine10 sunshine11 sunshine12 sunshine123
  superman12 superman123 supermario superstar1 superstar12 supernatural superuser1 swordfish1 t123456789 taekwondo1
  tarheels12 taylor1234 technology telephone1 temppassword temporary1 test123456 test1234567 testing123 testing1234
  testpassword testtest12 testtest123 thebeatles theking123 thuglife12 thunder123 thunderbird tigger1234 tinkerbell
  tinkerbell1 tottenham1 tr0ub4dor3 tr0ub4dor&3 trandafir1 transformers trinidad12 trustno123 trustnoone trustno1trustno1 twilight12
  undertaker undertaker1 university valentina1 valentine1 vancouver1 vendetta12 vengeance1 venezuela1 victoria12 victoria123
  videogames vkontakte1 volleyball volleyball1 warcraft12 warcraft123 warhammer1 warhammer40k washington watermelon watermelon1
  welcome123 welcome1234 welcome12345 whatever12 whatever123 whateverman wilson1234 windows123 winston123 wolverine1
  wolverines wonderful1 wonderwall worldofwarcraft wrestling1 x123456789 xbox360123 yankees123 yellowstone yourmother
  youtube123 yuantuo2012 yugioh1234 z123456789 zaq12wsxcde3 zaq1xsw2cde3 zaq123456789 zaqxswcde1 zaqxswcdevfr zeppelin12
  zxc123zxc123 zxcasdqwe1 zxcasdqwe123 zxcvbn1234 zxcvbnm123 zxcvbnm1234 zxcvbnm12345 zxcvbnm,./ zxcvbnmasdfghjkl
  `
    .trim()
    .split(/\s+/),
);

/** Words that do not become a password by digits and signs put around them, in lower case with plain letters. */
export const commonWords: ReadonlySet<string> = new Set(
  `
  abc abcd abcde abcdef access admin administrator agent agents andrew angel apple asdf asdfgh asdfghjkl asdf asd azerty
  baseball basketball batman binnacle binnacleadmin buster butterfly changeme charlie cheese chocolate computer cookie daniel
  default demo dragon flower football freedom friends george ginger google guest hannah harley hello hockey hunter iloveu
  iloveyou internet jennifer jessica jesus jordan joshua justin killer letmein liverpool login love lovely london maggie
  manager master matrix matthew merlin michael michelle monkey mustang mypass mypassword nicole ninja operator orange pass
  passpass passphrase passw password passwords passwort pepper pokemon postgres princess purple qazwsx qwe qwer qwert qwerty
  qwertyuiop qwertz ranger robert root samsung secret server shadow soccer starwars startrek steelers summer sunshine super
  superman supervisor support sysadmin system taylor temp temporary test tester testing thomas thunder tigger trustno user
  username welcome whatever william winter worker zxc zxcvbn zxcvbnm spring autumn monday friday sunday january february
  march april june july august september october november december
  `
    .trim()
    .split(/\s+/),
);
