Jxç–FÁ®(ÁšåØB„AóAàBGª
Bºð¾À$í€ÁÊç Baf•A0áÓA*¬N?ßË’ÀŒä‚ÂË”B;bÞAæ&BáoBñS$ÀBi@‹©nBhâKAëÿñA]üA·Á¢Å=ÂÈcàAÃwAf‘„AóD˜À